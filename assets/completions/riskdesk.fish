# Completions of riskdesk for fish: riskdesk itself says what may come next, and asks the server where it is signed in.
function __riskdesk_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l current (commandline --current-token --cut-at-cursor)
    set -l lines (command riskdesk completions fish --at (count $words) -- $words "$current" 2>/dev/null)
    if test "$lines[1]" = files
        __fish_complete_path "$current"
    end
    if test (count $lines) -gt 1
        printf '%s\n' $lines[2..]
    end
end
complete --command riskdesk --no-files --keep-order --arguments '(__riskdesk_complete)'
