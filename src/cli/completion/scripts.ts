/*
  The completion scripts for bash, zsh and fish. Each script asks the program for candidates, and never lets the shell
  evaluate typed text or table names from a server (docs/decisions/0076-completion-reads-by-tab-and-writes-by-hand.md).
*/
import type { Shell } from './completion-request.js'

const bash = `# ddb-ingest completion for bash: source <(ddb-ingest completion bash)
_ddb_ingest() {
  local line form=
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z $form ]]; then form=$line; else COMPREPLY+=("$line"); fi
  done < <(ddb-ingest complete bash -- "\${COMP_LINE:0:$COMP_POINT}" "$2" 2>/dev/null)
  # bash quotes what it takes for names of files, and puts a slash after folders.
  if [[ $form == files ]]; then compopt -o filenames 2>/dev/null; fi
}
complete -F _ddb_ingest ddb-ingest
`

const zsh = `#compdef ddb-ingest
# ddb-ingest completion for zsh: source <(ddb-ingest completion zsh)
_ddb-ingest() {
  local -a answer names
  answer=("\${(@f)$(ddb-ingest complete zsh -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  if [[ $answer[1] == files ]]; then
    [[ $PREFIX == --*=* ]] && compset -P 1 '*='
    _files -g "$answer[2]"
    return
  fi
  shift answer
  local line name text tab=$'\\t'
  for line in "$answer[@]"; do
    name=\${line%%$tab*} text=
    [[ $line == *$tab* ]] && text=:\${line#*$tab}
    # _describe takes a colon for the end of the name.
    name=\${name//\\\\/\\\\\\\\}
    names+=("\${name//:/\\\\:}$text")
  done
  _describe -t words 'ddb-ingest' names
}
if [[ $funcstack[1] == _ddb-ingest ]]; then _ddb-ingest "$@"; else compdef _ddb-ingest ddb-ingest; fi
`

const fish = `# ddb-ingest completion for fish: ddb-ingest completion fish | source
function __ddb_ingest
    set -l words (commandline -opc)
    set -l answer (ddb-ingest complete fish -- $words[2..-1] (commandline -ct) 2>/dev/null)
    printf '%s\\n' $answer[2..-1]
end
complete -c ddb-ingest -e
complete -c ddb-ingest -f -a '(__ddb_ingest)'
`

export const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish }
