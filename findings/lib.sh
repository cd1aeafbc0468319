# What the findings share: a temporary folder that is removed at the end, and exactly pinned packages in it.
#
# Sourced, never run. Output of the package managers is shown only when they fail.

set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# python_packages NAME==VERSION …: a new virtual environment with them.
python_packages() {
    python3 -m venv --clear --without-pip "$folder/venv"
    python3 -m pip --python "$folder/venv/bin/python" install --quiet --disable-pip-version-check --no-compile "$@" \
        >"$folder/log" 2>&1 \
        || { cat "$folder/log" >&2; return 1; }
}

# npm_packages NAME@VERSION …: a folder of modules with them; nothing of theirs is run at installation.
npm_packages() {
    npm install --prefix "$folder" --save-exact --no-audit --no-fund --ignore-scripts "$@" >"$folder/log" 2>&1 \
        || { cat "$folder/log" >&2; return 1; }
}

# Both run a program from standard input beside the packages; a failed assertion is a non-zero exit.
run_python() { "$folder/venv/bin/python" -I - "$@"; }
run_node() { (cd "$folder" && node - "$@"); }
