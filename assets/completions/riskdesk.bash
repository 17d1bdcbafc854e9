# Completions of riskdesk for bash: riskdesk itself says what may come next, and asks the server where it is signed in.
_riskdesk() {
    local rest="${COMP_LINE:0:COMP_POINT}" words=() space word line i
    # bash cuts words at : = and @ as well; only white space cuts them for riskdesk.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        space="${rest%%[![:space:]]*}"
        rest="${rest:${#space}}"
        word="${COMP_WORDS[i]}"
        ((i < COMP_CWORD)) || word="$rest"
        if ((i == 0)) || [[ -n "$space" ]]; then
            words+=("$word")
        else
            words[${#words[@]} - 1]+="$word"
        fi
        rest="${rest:${#word}}"
    done
    COMPREPLY=()
    local kind=""
    while IFS= read -r line; do
        if [[ -z "$kind" ]]; then
            kind="$line"
        else
            COMPREPLY+=("$line")
        fi
    done < <(command riskdesk completions bash --at "$((${#words[@]} - 1))" --replaces="$2" -- "${words[@]}" 2>/dev/null)
    if [[ "$kind" == files ]]; then
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do
            COMPREPLY+=("$line")
        done < <(compgen -f -- "$2")
    elif [[ ${#COMPREPLY[@]} -eq 1 && "${COMPREPLY[0]}" == *[:=] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -F _riskdesk riskdesk
