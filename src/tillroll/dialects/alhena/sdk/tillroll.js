/*! Tillroll's script for storefronts. Apache-2.0
 *
 *  what the page reports ──► queue (kept over page changes once the visitor consents) ──► one POST each, in order
 *
 *  Every report carries an id of its own. A report whose answer got lost is sent again under the same id, and the server
 *  counts it once. Before consent nothing is stored and nothing is sent; a visitor who declines leaves no trace.
 */
(function (window, document) {
  "use strict";

  if (window.tillroll && window.tillroll.version) return; // the snippet stands on the page twice

  var VERSION = "1";
  var COOKIE = "tillroll_visitor";
  var COOKIE_SECONDS = 31536000; // a year
  var STORAGE = "tillroll";
  var SENT_MAX = 100; // more than are sent while two tabs write at once
  var REPORTS_MAX = 200; // what a visitor does offline for an afternoon; older ones make room
  var REPORT_AGE_MAX = 86400000; // ms: the server remembers a report's id for a day, so no report is retried for longer
  var RETRY_FIRST = 1000; // ms, doubled with each failure
  var RETRY_MAX = 60000;
  var TIMEOUT = 15000; // ms until a request counts as failed
  var VISIT_PAUSE_MAX = 1800000; // ms: who comes back later than this begins another visit
  var TOLD_MAX = 50; // names and groups that are not told again; more than a visitor has
  var CAMPAIGN = {
    source: "utm_source", medium: "utm_medium", name: "utm_campaign", term: "utm_term", content: "utm_content"
  };
  // What advertisers and others add to an address, the more telling first.
  var CLICK_IDS = (
    "gclid gbraid wbraid dclid msclkid ttclid twclid li_fat_id epik rdt_cid sccid yclid tblci dicbo cto_pld awc " +
    "cjevent irclickid ranmid sscid tduid mc_cid mc_eid _kx _hsenc sib_id srsltid fbclid igsh igshid gad_source"
  ).split(" ");
  var SEARCH_SESSION = /^[0-9a-f]{32}\.session$/; // where Doofinder's script keeps the session of a search engine

  var script = document.currentScript;
  var vendor = document.gleenConfig; // the configuration of a storefront that was written for the vendor's widget
  var scriptHost = script && script.src ? new URL(script.src).origin : location.origin;
  var settings = {
    companyKey: attribute("company-key") || (vendor && vendor.company) || "",
    host: attribute("host") || (vendor && vendor.apiBaseUrl) || scriptHost,
    consent: attribute("consent") || (vendor && vendor.consent) || (vendor ? "granted" : "required"),
    cookieDomain: attribute("cookie-domain") || ""
  };

  var granted = false;
  var visitor = null; // {fingerprint, faqFingerprint}
  var conversation = null; // {id, open}; `open` once the server has been told
  var reports = []; // {id, at, path, body}, oldest first; with `mine` those that this page has made
  var sent = []; // the ids of what the tabs have sent of late
  var landing = { page: location.origin + location.pathname, query: location.search, referrer: document.referrer };
  var visit = null; // {at, led}: when it went on last, and what led to it
  var arrived = false; // whether this page has been looked at as the first of a visit
  var told = {}; // names and groups that the server knows
  var messages = [];
  var metadata = {};
  var listeners = {};
  var failures = 0;
  var timer = 0;
  var sending = false;
  var loaded = false;
  var opened = false; // whether the vendor's widget would be open
  var theirs = null; // the vendor's own widget, where it runs on this page

  function attribute(name) {
    return script ? script.getAttribute("data-" + name) : null;
  }

  function uuid() {
    if (window.crypto.randomUUID) return window.crypto.randomUUID();
    var bytes = window.crypto.getRandomValues(new Uint8Array(16)); // pages without TLS have no randomUUID
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    var hex = Array.prototype.map.call(bytes, function (byte) {
      return (byte + 256).toString(16).slice(1);
    }).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  // ---- what is kept -------------------------------------------------------------------------------------------------

  function cookie() {
    try {
      var found = document.cookie.match(new RegExp("(?:^|; )" + COOKIE + "=([0-9a-f-]{36})\\.([0-9a-f-]{36})"));
      return found ? { fingerprint: found[1], faqFingerprint: found[2] } : null;
    } catch (error) {
      return null; // a frame without an origin has no cookies
    }
  }

  function writeCookie(value, seconds) {
    var text = COOKIE + "=" + value + "; path=/; max-age=" + seconds + "; samesite=lax" +
      (settings.cookieDomain ? "; domain=" + settings.cookieDomain : "") +
      (location.protocol === "https:" ? "; secure" : "");
    try {
      document.cookie = text;
    } catch (error) {
      emit("tillroll:storage_failed", error);
    }
  }

  function stored() {
    try {
      return JSON.parse(window.localStorage.getItem(STORAGE)) || {};
    } catch (error) {
      return {}; // storage is off, or somebody else wrote there: the memory of this page has to do
    }
  }

  /* Write down what is still to be sent, and what the tabs have sent of late. */
  function keep() {
    if (!granted) return;
    var plain = reports.map(function (one) { return { id: one.id, at: one.at, path: one.path, body: one.body }; });
    try {
      var written = { reports: plain, conversation: conversation, sent: sent.slice(-SENT_MAX), visit: visit, told: told };
      window.localStorage.setItem(STORAGE, JSON.stringify(written));
    } catch (error) {
      emit("tillroll:storage_failed", error); // full or off; what is in memory is still sent
    }
  }

  /* Other tabs of the shop write to the same storage: what they have added is taken in, what they say is sent is dropped.
     Two that write at once overwrite each other, so what this page has reported itself stays until it is known as sent. */
  function reload() {
    var known = stored();
    if (Array.isArray(known.sent)) {
      sent = known.sent.concat(sent.filter(function (id) { return known.sent.indexOf(id) < 0; })).slice(-SENT_MAX);
    }
    if (Array.isArray(known.reports)) {
      var mine = reports.filter(function (one) { return one.mine; });
      var ids = {};
      var own = {};
      mine.forEach(function (one) { own[one.id] = one; });
      sent.forEach(function (id) { ids[id] = true; });
      reports = known.reports.concat(mine).filter(function (one) {
        var isNew = one && one.id && one.path && one.body && !ids[one.id] && Date.now() - one.at < REPORT_AGE_MAX;
        if (isNew) ids[one.id] = true;
        return isNew;
      }).map(function (one) { return own[one.id] || one; });
    }
    if (known.conversation && !(conversation && conversation.open)) conversation = known.conversation;
    if (known.visit && !(visit && visit.at > known.visit.at)) visit = known.visit;
    for (var name in known.told || {}) if (!(name in told)) told[name] = known.told[name];
  }

  function forget() {
    writeCookie("", 0);
    try {
      window.localStorage.removeItem(STORAGE);
    } catch (error) {
      emit("tillroll:storage_failed", error);
    }
    visitor = null;
    conversation = null;
    reports = [];
    sent = [];
    visit = null;
    arrived = false;
    told = {};
    messages = [];
    metadata = {};
  }

  function consent(isGiven) {
    granted = !!isGiven;
    if (!granted) return forget();
    visitor = (theirs && visitor) || cookie() || visitor || newVisitor();
    writeCookie(visitor.fingerprint + "." + visitor.faqFingerprint, COOKIE_SECONDS);
    reload();
    arrive();
    recogniseSearch();
    settle();
    flush();
  }

  /* Another tab has written: its withdrawal is everybody's, and so is its consent. */
  function overheard(event) {
    if (event.key !== STORAGE && event.key !== null) return;
    if (granted && event.newValue === null) return consent(false);
    if (!granted && event.newValue !== null && cookie()) return consent(true);
    var known = stored().conversation;
    if (granted && conversation && conversation.open && !(known && known.open)) conversation = null; // closed over there
  }

  function newVisitor() {
    return { fingerprint: uuid(), faqFingerprint: uuid() };
  }

  function who() {
    visitor = visitor || newVisitor();
    return visitor;
  }

  // ---- sending ------------------------------------------------------------------------------------------------------

  function report(path, body) {
    body.event_id = uuid();
    body.event_time = Date.now();
    if (visit) visit.at = body.event_time;
    try {
      JSON.stringify(body);
    } catch (error) {
      emit("tillroll:refused", { report: body, status: 0, answer: null }); // what is no JSON would block all others
      return null;
    }
    reports.push({ id: body.event_id, at: body.event_time, path: path, body: body, mine: true });
    if (reports.length > REPORTS_MAX) reports.shift();
    if (granted) {
      settle();
      flush();
    }
    return body.event_id;
  }

  /* Write new reports to the storage, so that from now on the storage says what is still to be sent. */
  function settle() {
    reload();
    keep();
  }

  /* The body as it is sent: who reports is added late, because before consent nobody has an identity to keep. */
  function message(one) {
    var body = { company_key: settings.companyKey, user_fingerprint: who().fingerprint };
    body.user_faq_fingerprint = who().faqFingerprint;
    body.sent_at = Date.now(); // with event_time, this tells the server how wrong our clock is
    for (var name in one.body) if (one.body[name] !== undefined) body[name] = one.body[name];
    // Plain text: a request that needs no preflight arrives even when the page is on its way out.
    return new Blob([JSON.stringify(body)], { type: "text/plain" });
  }

  function flush() {
    if (!granted || sending || !settings.companyKey) return;
    clearTimeout(timer);
    sending = true;
    var done = function () { sending = false; };
    // Only one tab sends at a time, where the browser can arrange that; elsewhere the ids keep repeats harmless.
    var work = window.navigator.locks
      ? window.navigator.locks.request(STORAGE, { ifAvailable: true }, function (lock) {
        return lock ? drain() : later();
      })
      : drain();
    Promise.resolve(work).then(done, done);
  }

  function drain() {
    reload();
    var one = reports[0];
    if (!one || !granted) return undefined;
    return Promise.resolve(one).then(post).then(function (response) {
      if (response.status >= 500 || response.status === 429 || response.status === 408) throw response;
      failures = 0;
      reload();
      sent.push(one.id);
      reports = reports.filter(function (other) { return other.id !== one.id; });
      keep();
      return answered(one, response).then(drain);
    }).catch(later);
  }

  function post(one) {
    var options = { method: "POST", body: message(one), keepalive: true, credentials: "omit", mode: "cors" };
    if (window.AbortSignal && AbortSignal.timeout) options.signal = AbortSignal.timeout(TIMEOUT);
    return window.fetch(settings.host.replace(/\/+$/, "") + one.path, options);
  }

  function later() {
    failures += 1;
    clearTimeout(timer);
    timer = setTimeout(flush, Math.min(RETRY_FIRST * Math.pow(2, failures - 1), RETRY_MAX));
  }

  function answered(one, response) {
    return response.json().catch(function () { return null; }).then(function (said) {
      var outcome = { report: one.body, status: response.status, answer: said };
      emit(response.ok ? "tillroll:recorded" : "tillroll:refused", outcome);
    });
  }

  /* On leaving: beacons go out behind the page's back. Nobody tells whether they arrive, so the queue keeps them; the next
     page sends them again under the same ids. */
  function leave() {
    if (!granted || !window.navigator.sendBeacon || !settings.companyKey) return;
    settle();
    reports.every(function (one) {
      return window.navigator.sendBeacon(settings.host.replace(/\/+$/, "") + one.path, message(one));
    });
  }

  // ---- what a storefront reports ------------------------------------------------------------------------------------

  function cart(data) {
    data = data || {};
    recogniseSearch();
    return report("/analytics/cart_events", {
      type: data.type,
      product_id: data.productId,
      product_name: data.productName,
      value: data.value,
      currency: data.currency,
      quantity: data.quantity,
      source: data.source
    });
  }

  function checkout(data) {
    data = data || {};
    recogniseSearch();
    return report("/analytics/checkout_events", {
      value: data.value,
      currency: data.currency,
      orderId: data.orderId,
      source: data.source,
      line_items: !Array.isArray(data.lineItems) ? data.lineItems || [] : data.lineItems.map(function (line) {
        line = line || {};
        return {
          product_id: line.productId,
          product_name: line.productName,
          quantity: line.quantity,
          value: line.value,
          currency: line.currency
        };
      })
    });
  }

  /* The conversation of now; one that was silent for as long as the server remembers is over. */
  function currentConversation() {
    if (conversation && conversation.open && Date.now() - conversation.at > REPORT_AGE_MAX) conversation = null;
    conversation = conversation || { id: uuid(), open: false };
    conversation.at = Date.now();
    return conversation;
  }

  /* Open the conversation, unless the server knows it already. */
  function open() {
    var current = currentConversation();
    if (current.open) return current.id;
    current.open = true;
    report("/v1/conversations", { conversation_id: current.id, metadata: filled(metadata) });
    return current.id;
  }

  function say(text, details) {
    var id = open();
    messages.push({ role: "user", text: text });
    var profile = details && details.profile;
    report("/v1/conversations/" + id + "/messages", { metadata: filled(metadata), profile: profile });
    emit("ticket:message_submitted", { message: text });
    return id;
  }

  /* The shop's own assistant has answered: listeners of the vendor's event hear of it, and the server of whether it
     helped, once the visitor has said so. */
  function answer(text, details) {
    messages.push({ role: "assistant", text: text });
    emit("ticket:bot_response_finished", { message: text });
    if (details && typeof details.helpful === "boolean") {
      report("/v1/answers", { conversation_id: open(), helpful: details.helpful });
    }
  }

  function close() {
    var current = conversation;
    conversation = null;
    messages = [];
    keep(); // first of all, or the report would read the conversation back from the storage
    if (current && current.open) report("/v1/conversations/" + current.id + "/close", {});
    emit("ticket:closed", { ticketId: current && current.id });
  }

  function askFaq(question, details) {
    details = details || {};
    report("/v1/faq_questions", {
      question: question,
      product_id: details.productId,
      profile: details.profile,
      helpful: details.helpful
    });
    emit("faqs:question_clicked", { question: question });
  }

  // ---- what a visit is made of --------------------------------------------------------------------------------------

  /* The first page of a visit tells what led to it. What stands in its address besides stays here: it may name somebody. */
  function arrive() {
    if (arrived || !/^https?:$/.test(location.protocol)) return;
    arrived = true;
    var led = leads();
    var signs = JSON.stringify(led);
    var isFirst = !visit || Date.now() - visit.at > VISIT_PAUSE_MAX || (signs !== "{}" && signs !== visit.led);
    visit = { at: Date.now(), led: isFirst ? signs : visit.led };
    led.page = landing.page;
    if (isFirst) report("/v1/page_views", led);
  }

  /* Who or what led to this page: a page of another host, a campaign, a click that was paid for. */
  function leads() {
    var led = {};
    var campaign = {};
    var query = {};
    new URLSearchParams(landing.query).forEach(function (value, name) {
      query[name.toLowerCase()] = value.slice(0, 500);
    });
    var isOwn = landing.referrer.indexOf(location.origin + "/") === 0;
    if (landing.referrer && !isOwn) led.referrer = landing.referrer.split(/[?#]/)[0];
    for (var name in CAMPAIGN) if (query[CAMPAIGN[name]]) campaign[name] = query[CAMPAIGN[name]];
    if (filled(campaign)) led.campaign = campaign;
    var click = CLICK_IDS.filter(function (id) { return query[id]; })[0];
    if (click) led.click_id = { name: click, value: query[click] };
    return led;
  }

  function view(productId) {
    emit("product:page_opened", { productId: productId });
    return report("/v1/product_views", { product_id: productId });
  }

  function nudge(id, action, details) {
    details = details || {};
    return report("/v1/nudges", {
      nudge_id: id,
      action: action,
      text: details.text,
      product_id: details.productId,
      profile: details.profile
    });
  }

  /* The group of an experiment, once for a visitor: it is told before anybody sees what is tried. */
  function experiment(name, group) {
    if (knows("group/" + name, group)) return null;
    emit("experiment:loaded", { experiment: name, group: group });
    return report("/v1/experiments", { experiment: name, group: group });
  }

  /* Other names of the visitor, each of them once. */
  function identify(ids) {
    var fresh = (Array.isArray(ids) ? ids : [ids]).filter(function (one) {
      return one && one.dialect && one.id && !knows("name/" + one.dialect + "/" + one.id, true);
    });
    if (!fresh.length) return null;
    return report("/v1/identities", {
      ids: fresh.map(function (one) { return { dialect: one.dialect, id: String(one.id) }; })
    });
  }

  /* Whether the server was told this before; from now on it was. */
  function knows(name, value) {
    if (told[name] === value) return true;
    if (Object.keys(told).length >= TOLD_MAX) told = {};
    told[name] = value;
    return false;
  }

  /* The session in which Doofinder's script reports, where it runs on this shop. */
  function recogniseSearch() {
    if (!granted) return;
    try {
      Object.keys(window.localStorage).filter(function (key) { return SEARCH_SESSION.test(key); }).forEach(function (key) {
        var id = sessionIn(window.localStorage.getItem(key));
        if (id) identify([{ dialect: "doofinder", id: id }]);
      });
    } catch (error) {
      emit("tillroll:storage_failed", error);
    }
  }

  /* The id of a search session, which stands there alone or in an object. */
  function sessionIn(text) {
    try {
      var found = JSON.parse(text);
      return typeof found === "string" ? found : found && (found.session_id || found.sessionId || found.id);
    } catch (error) {
      return text; // it is no JSON, so it is the id
    }
  }

  function filled(object) {
    return Object.keys(object).length ? object : undefined;
  }

  // ---- events of the page -------------------------------------------------------------------------------------------

  function on(name, listener) {
    (listeners[name] = listeners[name] || []).push(listener);
    if (name === "widget:loaded" && loaded) setTimeout(listener, 0); // it has loaded before anybody could ask
  }

  function off(name, listener) {
    listeners[name] = (listeners[name] || []).filter(function (one) { return one !== listener; });
  }

  function emit(name, data) {
    (listeners[name] || []).slice().forEach(function (listener) {
      try {
        listener(data);
      } catch (error) {
        setTimeout(function () { throw error; }, 0); // the page's own fault: reported there, and harmless here
      }
    });
  }

  // ---- the vendor's widget ------------------------------------------------------------------------------------------

  /* The vendor's methods. What needs a chat window is accepted and changes nothing: Tillroll draws none. */
  function widget() {
    function nothing() {}
    function show(isOpen) {
      return function () {
        if (opened === isOpen) return;
        opened = isOpen;
        emit(isOpen ? "widget:opened" : "widget:closed");
      };
    }
    return {
      open: show(true),
      close: show(false),
      toggle: function () { show(!opened)(); },
      on: on,
      off: off,
      sendMessage: say,
      sendCartEvent: cart,
      sendCheckoutEvent: checkout,
      getFingerprint: function () { return who().fingerprint; },
      getFAQFingerprint: function () { return who().faqFingerprint; },
      getTicketId: function () { return currentConversation().id; },
      closeTicket: close,
      getMessages: function () { return messages.slice(); },
      setUserMetadata: function (key, value) { metadata[key] = value; },
      setCompanyKey: function (key) { settings.companyKey = key; flush(); },
      setStyles: nothing,
      showLauncher: nothing,
      hideLauncher: nothing,
      showNudge: function (shown) {
        var id = shown && typeof shown === "object" ? shown.id : shown;
        if (id) nudge(String(id), "shown", { text: shown.text });
      },
      hideNudge: nothing,
      unload: function () { show(false)(); listeners = {}; }
    };
  }

  /* Where the vendor's own widget runs, its visitor is ours, and what is said in it is reported. */
  function follow() {
    recognise();
    if (!theirs.on) return;
    theirs.on("ticket:message_submitted", function () {
      recognise();
      report("/v1/conversations/" + open() + "/messages", {});
    });
    theirs.on("faqs:question_clicked", function (data) {
      recognise();
      askFaq(data && data.question);
    });
    theirs.on("experiment:loaded", function (data) {
      recognise();
      var group = data && typeof data === "object" ? data.group || data.variant : data;
      if (group) experiment((data && (data.experiment || data.name)) || "widget", String(group));
    });
    theirs.on("faqs:message_submitted", function (data) {
      recognise();
      askFaq(data && data.message);
    });
  }

  /* Their visitor, as soon as they have one: before the first word there may be none. */
  function recognise() {
    var fingerprint = theirs.getFingerprint();
    var faqFingerprint = theirs.getFAQFingerprint && theirs.getFAQFingerprint();
    if (fingerprint && faqFingerprint) visitor = { fingerprint: fingerprint, faqFingerprint: faqFingerprint };
  }

  /* The queue of the vendor's snippet: what stands in it is reported, and so is whatever is pushed from now on. */
  function takeQueue() {
    var methods = { sendCartEvent: cart, sendCheckoutEvent: checkout };
    function take(entry) {
      try {
        if (entry && methods[entry.method]) methods[entry.method](entry.args || {});
      } catch (error) {
        emit("tillroll:failed", error); // what one call has in it must not cost the others
      }
    }
    var waiting = window._alhenaEventQueue || [];
    window._alhenaEventQueue = { push: take };
    window.trackAlhenaEvent = function (method, data) { take({ method: method, args: data }); };
    waiting.forEach(take);
  }

  function start() {
    var isGranted = settings.consent === "granted" || !!cookie(); // who has our cookie has consented before
    if (window.gleenWidget && window.gleenWidget.getFingerprint) {
      theirs = window.gleenWidget;
      follow();
    } else window.gleenWidget = widget();
    takeQueue();
    if (isGranted) consent(true);
    window.addEventListener("pagehide", leave);
    window.addEventListener("online", flush);
    window.addEventListener("storage", overheard);
    document.addEventListener("visibilitychange", function () {
      if (document.visibilityState === "hidden") leave();
      else flush();
    });
    loaded = true;
    emit("widget:loaded");
  }

  window.tillroll = {
    version: VERSION,
    consent: consent,
    getFingerprint: function () { return who().fingerprint; },
    getFAQFingerprint: function () { return who().faqFingerprint; },
    cart: cart,
    checkout: checkout,
    conversation: {
      open: open,
      message: say,
      answer: answer,
      close: close,
      id: function () { return currentConversation().id; }
    },
    faq: askFaq,
    view: view,
    nudge: nudge,
    experiment: experiment,
    identify: identify,
    on: on,
    off: off,
    pending: function () { return reports.length; },
    flush: flush
  };
  start();
})(window, document);
