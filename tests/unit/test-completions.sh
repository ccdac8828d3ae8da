#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What each shell offers for the real program is what its help lists: every command, every option,
# the words that an argument may be, and nothing that is hidden. bash and fish complete; zsh is asked
# what it would hand to _arguments. Run in the build folder. Prints TAP.

# shellcheck disable=SC2016 # programs for other shells stand in single quotes

dir=$(mktemp -d /tmp/muster-completions-XXXXXX)
trap 'rm -rf "$dir"' EXIT
n=0 failed=0

is() { # is WORDS GOT WANTED
	n=$((n + 1))
	if [[ $2 == "$3" ]]; then
		echo "ok $n - $1"
	else
		failed=$((failed + 1))
		echo "not ok $n - $1"
		printf '%s\n' "# got: $2" "# wanted: $3"
	fi
}

missing() { # missing SHELL: says so and counts it as skipped
	type -P "$1" >/dev/null && return 1
	n=$((n + 1))
	echo "ok $n - $1 completes # SKIP there is no $1 here"
}

sorted() {
	tr ' ' '\n' | grep . | LC_ALL=C sort -u | paste -sd ' '
}

# What the help says: the one thing that the tables and the completions have in common.
commands_of_help() {
	./muster --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]\+\) .*/\1/p' | sorted
}

options_of_help() { # options_of_help COMMAND
	./muster "$1" --help | sed -n 's/^ *\(-[a-zA-Z], \)\?\(--[a-z-]\+\).*/\2/p' | sorted
}

in_bash() { # in_bash WORD...: what is offered for the last one
	bash --norc -c 'source "$1" && shift && complete -p muster >/dev/null || exit 1
		compopt() { :; }
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_muster
		echo "${COMPREPLY[*]}"' bash "$dir/muster.bash" "$@" | sorted
}

# The specs that _arguments gets, and the commands that _describe gets, one a line.
in_zsh() { # in_zsh FUNCTION
	zsh -f -c 'compdef() { : }
		_arguments() { print -rl -- "$@"; state=command }
		_describe() { print -rl -- "${commands[@]}" }
		source "$1" >/dev/null
		"$2"' zsh "$dir/_muster" "$1"
}

in_fish() { # in_fish LINE
	HOME=$dir fish --no-config -c 'source $argv[1]; complete -C $argv[2] | cut -f 1' \
		"$dir/muster.fish" "$1" | sorted
}

for shell in bash zsh fish; do
	file=$dir/muster.$shell
	[[ $shell != zsh ]] || file=$dir/_muster
	./muster generate "$shell" >"$file" || exit
done
commands=$(commands_of_help)
is "the help lists commands" "$(wc -w <<<"$commands") $([[ $commands == *run* ]] && echo run)" \
	"$(wc -w <<<"$commands") run"

is "bash parses it" "$(bash -n "$dir/muster.bash" 2>&1)" ""
is "bash offers every command and no hidden one" "$(in_bash muster "")" "$commands"
is "bash completes a command behind a global option" "$(in_bash muster --root /x ru)" run
for command in $commands; do
	is "bash offers every option of $command" "$(in_bash muster "$command" --)" \
		"$(options_of_help "$command")"
done
is "bash offers what config takes" "$(in_bash muster config "")" "check dump schema"
is "bash offers the steps to reset" "$(in_bash muster reset id)" identify

if ! missing zsh; then
	is "zsh parses it" "$(zsh -f -n "$dir/_muster" 2>&1)" ""
	is "zsh offers every command and no hidden one" \
		"$(in_zsh _muster | sed -n 's/^\([a-z]\+\):.*/\1/p' | sorted)" "$commands"
	for command in $commands; do
		is "zsh offers every option of $command" \
			"$(in_zsh "_muster_$command" |
				sed -n 's/^\(([^)]*)\)\?\(--[a-z-]\+\).*/\2/p' | sorted)" \
			"$(options_of_help "$command")"
	done
	is "zsh offers what config takes" \
		"$(in_zsh _muster_config | grep -c '^\*:argument:(check dump schema)$')" 1
fi

if ! missing fish; then
	is "fish parses it" "$(HOME=$dir fish --no-config -n "$dir/muster.fish" 2>&1)" ""
	is "fish offers every command and no hidden one" "$(in_fish 'muster ')" "$commands"
	for command in $commands; do
		is "fish offers every option of $command" "$(in_fish "muster $command --")" \
			"$(options_of_help "$command")"
	done
	is "fish offers what config takes" "$(in_fish 'muster config ')" "check dump schema"
fi

echo "1..$n"
((failed == 0))
