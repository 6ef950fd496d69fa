#!/bin/sh
# Installs a Debian package of this machine's architecture below a folder of its own, and tries
# the binary, the manual pages, and the completion of each shell that there is.
set -eu
deb=$1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"
: > "$root/var/lib/dpkg/status"
dpkg --root="$root" --force-not-root --log=/dev/null -i "$deb" > /dev/null
PATH=$root/usr/bin:$PATH
beacon version
man -M "$root/usr/share/man" -P cat beacon 2> /dev/null | grep -q 'BEACON(1)'
man -M "$root/usr/share/man" -P cat beacon-rhythm 2> /dev/null | grep -q 'false-discovery'
echo 'man: beacon, beacon-rhythm'
helper=/usr/share/bash-completion/bash_completion
if [ -e $helper ]; then
	bash --norc -c ". $helper; . $root/usr/share/bash-completion/completions/beacon
		COMP_LINE='beacon detect --rule rh'; COMP_POINT=\${#COMP_LINE}; COMP_WORDS=(\$COMP_LINE); COMP_CWORD=3; COMP_TYPE=9
		__start_beacon; echo \"bash: \${COMPREPLY[*]}\"" 2> /dev/null | grep '^bash: rhythm'
else
	echo "bash: not tried, $helper is absent"
fi
if command -v zsh > /dev/null; then
	# _describe is replaced by a function that prints what it is to offer.
	zsh -f -c "fpath=($root/usr/share/zsh/site-functions \$fpath); autoload -Uz compinit; compinit -D
		_describe() { print -r -- zsh: \$completions }
		words=(beacon detect --rule rh); CURRENT=4; autoload -Uz _beacon; _beacon" | grep '^zsh: .*rhythm'
else
	echo 'zsh: not tried, it is absent'
fi
