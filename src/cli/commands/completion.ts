/* `completion`: prints the script with which a shell completes commands, options, choices and files. The script is made from the commands
   and asks nobody: pressing Tab starts no program and evaluates no typed text. */
import { errorCodes, usageError } from '../../errors.js'
import { type Call, type Command, english } from './command.js'
import { clean } from '../output/output.js'

const scripts = { bash: bashScript, zsh: bashScript, fish: fishScript }

/** Words that commands take as arguments; other commands take files, names of runs, or nothing. */
const argumentsOf: Readonly<Record<string, readonly string[]>> = {
  explain: Object.keys(errorCodes),
  completion: Object.keys(scripts),
}

/** @returns the exit code @throws {UsageError} DDB_USAGE for a shell without a script */
export async function run(
  _settings: unknown,
  { args: [shell = ''], commands, output }: Call,
): Promise<number> {
  if (!Object.hasOwn(scripts, shell)) {
    throw usageError(`no completion for "${clean(shell)}": bash, zsh or fish`)
  }
  await output.write(scripts[shell as keyof typeof scripts](commands, shell))
  return 0
}

/** bash offers files for every other word (`-o default`), and quotes their names itself. zsh can run the same script. */
function bashScript(commands: readonly Command[], shell: string): string {
  const start = shell === 'zsh' ? 'autoload -Uz bashcompinit && bashcompinit\n' : ''
  const names = commands.map(({ name }) => name)
  const offers: [place: string, words: readonly string[]][] = [
    ['commands', [...names, 'help']],
    ['help help', names],
  ]
  for (const { name, options } of commands) {
    const all = Object.values(options)
    offers.push([`${name} ${name}`, argumentsOf[name] ?? []])
    offers.push([`${name} options`, all.map(option => `--${option.name}`)])
    for (const option of all) offers.push([`${name} --${option.name}`, option.reader.choices ?? []])
  }
  const lines = offers
    .filter(([, words]) => words.length > 0)
    .map(([place, words]) => `  '${place}') words='${words.join(' ')}' ;;`)
  return `# ddb-ingest completion for ${shell}: source <(ddb-ingest completion ${shell})
${start}_ddb_ingest() {
  local word=\${COMP_WORDS[COMP_CWORD]} place="\${COMP_WORDS[1]} \${COMP_WORDS[COMP_CWORD-1]}" words=
  COMPREPLY=()
  if [[ $COMP_CWORD == 1 ]]; then place=commands; elif [[ $word == -* ]]; then place="\${COMP_WORDS[1]} options"; fi
  case "$place" in
${lines.join('\n')}
  esac
  if [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$word")); fi
}
complete -o default -F _ddb_ingest ddb-ingest
`
}

function fishScript(commands: readonly Command[]): string {
  const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, '\\$&')}'`
  const lines = commands.flatMap(({ name, summary, options }) => {
    const of = `complete -c ddb-ingest -n '__fish_seen_subcommand_from ${name}'`
    const words = argumentsOf[name]
    return [
      `complete -c ddb-ingest -n __fish_use_subcommand -fa ${name} -d ${quoted(summary)}`,
      ...(words === undefined ? [] : [`${of} -fa '${words.join(' ')}'`]),
      ...Object.values(options).map(({ name: long, helpName, form, reader: { choices } }) => {
        const value = choices ? ` -xa '${choices.join(' ')}'` : form === 'switch' ? '' : ' -r'
        return `${of} -l ${long}${value} -d ${quoted(english.optionHelp(helpName))}`
      }),
    ]
  })
  return `# ddb-ingest completion for fish: ddb-ingest completion fish | source
complete -c ddb-ingest -e
${lines.join('\n')}
`
}
