"""Who leads visitors to a shop: hosts, apps and click ids, with a name and a kind for each. A list of our own.

A host stands for all its subdomains, and of two that fit the longer one holds: `chat.baidu.com` is an assistant though
`baidu.com` is a search engine. Each line has a name and its hosts.
"""

from collections.abc import Iterator, Mapping
from functools import cache

# Kinds of leads; those that are tagged bring a word of their own.
ASSISTANT = "assistant"
ORGANIC = "organic"
SOCIAL = "social"
MAIL = "mail"
SHOPPING = "shopping"
PAID = "paid"
AFFILIATE = "affiliate"
REFERRAL = "referral"
DIRECT = "direct"
# Whoever comes back from paying was not led here by it.
PAYMENT = "payment"

_HOSTS = {
    ASSISTANT: """
        chatgpt chatgpt.com chat.openai.com openai.com
        perplexity perplexity.ai pplx.ai
        gemini gemini.google.com bard.google.com
        notebooklm notebooklm.google.com
        copilot copilot.microsoft.com copilot.cloud.microsoft m365.cloud.microsoft
        claude claude.ai
        deepseek deepseek.com
        grok grok.com x.ai
        mistral chat.mistral.ai mistral.ai
        meta-ai meta.ai
        you you.com
        poe poe.com
        phind phind.com
        pi pi.ai
        duck-ai duck.ai
        qwen chat.qwen.ai tongyi.aliyun.com
        kimi kimi.com kimi.moonshot.cn
        doubao doubao.com
        yuanbao yuanbao.tencent.com
        ernie yiyan.baidu.com chat.baidu.com
        chatglm chatglm.cn chat.z.ai
        genspark genspark.ai
        manus manus.im
        lumo lumo.proton.me
        iask iask.ai
        andi andisearch.com
        alice alice.yandex.ru
        gigachat giga.chat
    """,
    ORGANIC: """
        bing bing.com
        yahoo search.yahoo.com search.yahoo.co.jp
        duckduckgo duckduckgo.com
        ecosia ecosia.org
        qwant qwant.com
        brave search.brave.com
        startpage startpage.com
        kagi kagi.com
        mojeek mojeek.com
        swisscows swisscows.com
        metager metager.de metager.org
        lilo search.lilo.org
        baidu baidu.com
        sogou sogou.com
        so so.com
        petal petalsearch.com
        naver search.naver.com
        daum search.daum.net
        seznam search.seznam.cz
        coccoc coccoc.com
        goo search.goo.ne.jp
        rambler nova.rambler.ru
        mail-ru go.mail.ru
        aol search.aol.com
        ask ask.com
        t-online suche.t-online.de
        web-de suche.web.de
        gmx suche.gmx.net suche.gmx.at suche.gmx.ch
        google images.google.com lens.google.com syndicatedsearch.goog
        yandex ya.ru
    """,
    SOCIAL: """
        facebook facebook.com fb.com fb.me
        messenger messenger.com m.me
        instagram instagram.com
        threads threads.net threads.com
        x t.co twitter.com x.com
        tiktok tiktok.com
        youtube youtube.com youtu.be
        linkedin linkedin.com lnkd.in
        pinterest pinterest.com pin.it
        reddit reddit.com redd.it
        snapchat snapchat.com
        whatsapp whatsapp.com wa.me
        telegram telegram.org t.me
        bluesky bsky.app
        mastodon mastodon.social mastodon.online
        discord discord.com discordapp.com
        slack slack.com
        quora quora.com
        tumblr tumblr.com
        twitch twitch.tv
        vimeo vimeo.com
        medium medium.com
        substack substack.com
        hackernews news.ycombinator.com
        nextdoor nextdoor.com
        xing xing.com
        vk vk.com
        ok ok.ru
        weibo weibo.com weibo.cn
        xiaohongshu xiaohongshu.com
        bilibili bilibili.com
        douyin douyin.com
        line line.me
        zalo zalo.me
        viber viber.com
    """,
    MAIL: """
        gmail mail.google.com
        outlook outlook.live.com outlook.office.com outlook.office365.com outlook.com
        yahoo-mail mail.yahoo.com
        proton-mail mail.proton.me
        icloud icloud.com
        aol-mail mail.aol.com
        zoho-mail mail.zoho.com mail.zoho.eu
        fastmail fastmail.com
        tuta tuta.com
        gmx-mail navigator.gmx.net deref-gmx.net
        web-de-mail navigator.web.de deref-web-02.de
        t-online-mail email.t-online.de
        mail-ru-mail e.mail.ru
        yandex-mail mail.yandex.ru mail.yandex.com
        qq-mail mail.qq.com
        163-mail mail.163.com
    """,
    SHOPPING: """
        google-shopping shopping.google.com
        idealo idealo.de idealo.at idealo.fr idealo.it idealo.es idealo.co.uk
        geizhals geizhals.de geizhals.at geizhals.eu
        billiger billiger.de
        pricerunner pricerunner.com pricerunner.dk pricerunner.se
        kelkoo kelkoo.com kelkoo.fr kelkoo.co.uk
        ceneo ceneo.pl
        heureka heureka.cz heureka.sk
        trovaprezzi trovaprezzi.it
        toppreise toppreise.ch
        kieskeurig kieskeurig.nl
        prisjakt prisjakt.nu prisjakt.no
        skroutz skroutz.gr
        kakaku kakaku.com
    """,
    PAID: """
        google googleadservices.com googlesyndication.com doubleclick.net
        criteo criteo.com
        taboola taboola.com
        outbrain outbrain.com
    """,
    PAYMENT: """
        paypal paypal.com
        stripe stripe.com
        klarna klarna.com
        adyen adyen.com adyenpayments.com
        mollie mollie.com
        amazon-pay payments.amazon.com pay.amazon.com payments.amazon.de payments.amazon.co.uk
        google-pay pay.google.com
        apple-pay applepay.apple.com
        afterpay afterpay.com clearpay.co.uk
        affirm affirm.com
        checkout checkout.com
        worldpay worldpay.com
        square squareup.com
        sumup sumup.com
        payu payu.com
        przelewy24 przelewy24.pl
        giropay giropay.de
        sofort sofort.com
        twint twint.ch
        card-check cardinalcommerce.com arcot.com rsa3dsauth.com wlp-acs.com
    """,
}

# Houses with a domain in each country. What else lies below their names is something else, or listed above.
_EVERYWHERE = {
    ORGANIC: "google yandex",
    SOCIAL: "pinterest",
}

# Apps of Android, which name themselves in place of a host.
_APPS = {
    ASSISTANT: """
        chatgpt com.openai.chatgpt
        perplexity ai.perplexity.app.android
        gemini com.google.android.apps.bard
        claude com.anthropic.claude
        copilot com.microsoft.copilot
        deepseek com.deepseek.chat
        grok ai.x.grok
    """,
    ORGANIC: """
        google com.google.android.googlequicksearchbox
        duckduckgo com.duckduckgo.mobile.android
        bing com.microsoft.bing
    """,
    SOCIAL: """
        facebook com.facebook.katana com.facebook.lite
        messenger com.facebook.orca
        instagram com.instagram.android
        threads com.instagram.barcelona
        x com.twitter.android
        tiktok com.zhiliaoapp.musically com.ss.android.ugc.trill
        youtube com.google.android.youtube
        linkedin com.linkedin.android
        pinterest com.pinterest
        reddit com.reddit.frontpage
        snapchat com.snapchat.android
        whatsapp com.whatsapp com.whatsapp.w4b
        telegram org.telegram.messenger
        bluesky xyz.blueskyweb.app
        discord com.discord
        slack com.slack
    """,
    MAIL: """
        gmail com.google.android.gm
        outlook com.microsoft.office.outlook
        yahoo-mail com.yahoo.mobile.client.android.mail
        proton-mail ch.protonmail.android
    """,
    PAYMENT: """
        paypal com.paypal.android.p2pmobile
    """,
}

# What others add to the address of a page that they lead to, the more telling first. `fbclid` and `igsh` are on every
# link, `srsltid` on free listings: nobody paid for those.
_CLICK_IDS = {
    PAID: """
        google gclid gbraid wbraid dclid gad_source
        bing msclkid
        tiktok ttclid
        x twclid
        linkedin li_fat_id
        pinterest epik
        reddit rdt_cid
        snapchat sccid
        yandex yclid
        taboola tblci
        outbrain dicbo
        criteo cto_pld
    """,
    AFFILIATE: """
        awin awc
        cj cjevent
        impact irclickid
        rakuten ranmid
        shareasale sscid
        tradedoubler tduid
    """,
    MAIL: """
        mailchimp mc_cid mc_eid
        klaviyo _kx
        hubspot _hsenc
        brevo sib_id
    """,
    SHOPPING: """
        google-shopping srsltid
    """,
    SOCIAL: """
        facebook fbclid
        instagram igsh igshid
    """,
}

Named = tuple[str, str]

_BARE = ("www", "m")


def listed_host(host: str) -> Named | None:
    """The name and kind of a host, in small letters, by the longest entry that it is or lies below, if there is one."""
    labels = host.split(".")
    below = (_by_host().get(".".join(labels[place:])) for place in range(len(labels) - 1))
    return next((named for named in below if named is not None), None) or _house(labels)


def listed_app(app: str) -> Named | None:
    """The name and kind of an app by its id, in small letters."""
    return _by_app().get(app)


@cache
def click_ids() -> Mapping[str, Named]:
    """By each parameter that tells of a click, in small letters, who led here; the most telling first."""
    return dict(_entries(_CLICK_IDS))


def kind_of(name: str) -> str | None:
    """The kind of a name that is listed: what a campaign of that source is, where nobody says it."""
    return _by_name().get(name)


def _house(labels: list[str]) -> Named | None:
    """As `listed_host`, for those with a domain in each country: `google.de`, `www.google.co.uk`."""
    house, *country = labels[1:] if len(labels) > 2 and labels[0] in _BARE else labels
    if len(country) == 1 or (len(country) == 2 and country[0] in ("co", "com")):
        return next(((house, kind) for kind, houses in _EVERYWHERE.items() if house in houses.split()), None)
    return None


@cache
def _by_host() -> Mapping[str, Named]:
    return dict(_entries(_HOSTS))


@cache
def _by_app() -> Mapping[str, Named]:
    return dict(_entries(_APPS))


@cache
def _by_name() -> Mapping[str, str]:
    """Kinds by name; of several that of the host, and of those the first."""
    tables = (_CLICK_IDS, _APPS, _HOSTS)
    return {name: kind for table in tables for _word, (name, kind) in reversed([*_entries(table)])}


def _entries(table: Mapping[str, str]) -> Iterator[tuple[str, Named]]:
    """Each word of a table with its line's name and its kind."""
    for kind, lines in table.items():
        for line in lines.splitlines():
            name, *words = line.split() or [""]
            for word in words:
                yield word, (name, kind)
