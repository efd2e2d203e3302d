/*
  `completion`: prints the script with which a shell completes commands, options, choices and files. The script is made from the commands
  and asks nobody: pressing Tab starts no program and evaluates no typed text.
*/
import { errorCodes, UsageError } from '../../errors.js'
import { longName } from '../options/definition.js'
import { clean } from '../output/terminal-text.js'
import type { Call, Command } from './command.js'

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript }

/** @returns the exit code @throws {UsageError} DDB_USAGE for a shell without a script */
export async function run(
  _settings: unknown,
  { args: [shell = ''], commands, output }: Call,
): Promise<number> {
  if (!Object.hasOwn(scripts, shell)) {
    throw new UsageError('DDB_USAGE', `no completion for "${clean(shell)}": bash, zsh or fish`)
  }
  await output.write(scripts[shell as keyof typeof scripts](commands))
  return 0
}

/** The words that the command itself takes; undefined for files, names of runs, and nothing. */
function argumentsOf({ name }: Command): readonly string[] | undefined {
  if (name === 'explain') return Object.keys(errorCodes)
  return name === 'completion' ? Object.keys(scripts) : undefined
}

function optionsOf({ options }: Command) {
  return Object.values(options).map(definition => ({
    flag: longName(definition),
    help: definition.help,
    takesValue: definition.reader.form !== 'switch',
    choices: definition.reader.choices ?? [],
  }))
}

/** bash offers files for every other word (`-o default`), and quotes their names itself. */
function bashScript(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name)
  const values = commands.flatMap(command =>
    optionsOf(command).flatMap(({ flag, choices }) =>
      choices.length === 0
        ? []
        : [`    '${command.name} --${flag}') words='${choices.join(' ')}' ;;`],
    ),
  )
  const flags = commands.map(command => {
    const words = optionsOf(command).map(({ flag }) => `--${flag}`)
    return `      '${command.name}') words='${words.join(' ')}' ;;`
  })
  const rest = commands.flatMap(command => {
    const words = argumentsOf(command)
    return words === undefined ? [] : [`      '${command.name}') words='${words.join(' ')}' ;;`]
  })
  return `# ddb-ingest completion for bash: source <(ddb-ingest completion bash)
_ddb_ingest() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} name=\${COMP_WORDS[1]} words=
  COMPREPLY=()
  if [[ $COMP_CWORD == 1 ]]; then
    words='${names.join(' ')} help'
  else
    case "$name $before" in
    'help help') words='${names.join(' ')}' ;;
${values.join('\n')}
    esac
    if [[ -z $words && $word == -* ]]; then
      case "$name" in
${flags.join('\n')}
      esac
    elif [[ -z $words && $before == "$name" ]]; then
      case "$name" in
${rest.join('\n')}
      esac
    fi
  fi
  if [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$word")); fi
}
complete -o default -F _ddb_ingest ddb-ingest
`
}

function zshScript(commands: readonly Command[]): string {
  const script = bashScript(commands).replaceAll(/for bash|completion bash/g, text =>
    text.replace('bash', 'zsh'),
  )
  return script.replace('\n', '\nautoload -Uz bashcompinit && bashcompinit\n')
}

function fishScript(commands: readonly Command[]): string {
  const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, '\\$&')}'`
  const lines = commands.flatMap(command => {
    const of = `complete -c ddb-ingest -n '__fish_seen_subcommand_from ${command.name}'`
    const words = argumentsOf(command)
    return [
      `complete -c ddb-ingest -n __fish_use_subcommand -fa ${command.name} -d ${quoted(command.summary)}`,
      ...(words === undefined ? [] : [`${of} -fa '${words.join(' ')}'`]),
      ...optionsOf(command).map(({ flag, help, takesValue, choices }) => {
        const value = choices.length > 0 ? ` -xa '${choices.join(' ')}'` : takesValue ? ' -r' : ''
        return `${of} -l ${flag}${value} -d ${quoted(help)}`
      }),
    ]
  })
  return `# ddb-ingest completion for fish: ddb-ingest completion fish | source
complete -c ddb-ingest -e
${lines.join('\n')}
`
}
