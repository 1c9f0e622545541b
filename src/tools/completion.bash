# SPDX-License-Identifier: MIT
# Completion of the command reowolf, for bash. What there is to complete is asked of the command.

_reowolf_options() {
    reowolf "$@" --help 2> /dev/null | grep -oE -- '(^|[ ,])(-[A-Za-z]|--[a-z-]+)' | tr -d ' ,'
}

_reowolf() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
    COMPREPLY=()
    if [[ $COMP_CWORD -eq 1 ]]; then
        local commands
        commands=$(reowolf --help 2> /dev/null | sed -n '/^Subcommands:/,$s/^  \([a-z]\+\) .*/\1/p')
        mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$word")
        return
    fi
    # The values of an option: bash takes '=' for a word of its own.
    local joined=
    [[ $before == = || $word == = ]] && joined=1
    [[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD - 2]}
    [[ $word == = ]] && word=
    local values
    # What stands in braces behind an option is meant where no value is joined to it.
    values=$(reowolf "$command" --help 2> /dev/null |
        sed -nE "s/^ +(-[a-zA-Z],)?${before//[^-a-zA-Z]/}(${joined:+\{[a-z]*\}})? [A-Z]+:\{([^}]*)\}.*/\3/p" |
        tr ',' ' ')
    if [[ $before == -* && -n $values ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word")
    elif [[ $before == -I ]]; then
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
    elif [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_reowolf_options "$command")" -- "$word")
    else
        compopt -o filenames 2> /dev/null
        mapfile -t COMPREPLY < <(compgen -d -- "$word"; compgen -f -X '!*.pdl' -- "$word")
    fi
}

complete -F _reowolf reowolf
