/*
  What commander makes of a command line: command, arguments and flags, or words for what is wrong.
*/
import t from 'tap'
import { commands } from '../../../../src/cli/commands/commands.js'
import { helpText, readCommandLine } from '../../../../src/cli/options/reading/command-line.js'

function read(...argv: string[]): { name: string; args: readonly string[]; flags: object } {
  const line = readCommandLine(argv, commands, 80)
  if ('answer' in line) throw new Error(`answered: ${line.answer}`)
  return { name: line.command.name, args: line.args, flags: Object.fromEntries(line.flags) }
}

const answer = (...argv: string[]): string => {
  const line = readCommandLine(argv, commands, 80)
  return 'answer' in line ? line.answer : ''
}

t.test('arguments and flags may stand in any order; repeated flags keep all values', async t => {
  t.strictSame(
    read('load', 'a.csv', '-t', 'trades', '-b5000', '--null=NA', '--null', '-', '-q', 'b.csv'),
    {
      name: 'load',
      args: ['a.csv', 'b.csv'],
      flags: {
        table: ['trades'],
        'batch-rows': ['5000'],
        null: ['NA', '-'],
        quiet: ['true'],
      },
    },
  )
})

t.test('values may be empty, hold an equals sign, and begin with a dash behind one', async t => {
  t.strictSame(read('load', '--null=', '--null=a=b', '--null=--x', 'a').flags, {
    null: ['', 'a=b', '--x'],
  })
})

t.test('switches may stand together, and behind two dashes all are arguments', async t => {
  t.strictSame(read('load', '-qv', '--', '-q', '--json'), {
    name: 'load',
    args: ['-q', '--json'],
    flags: { quiet: ['true'], verbose: ['true'] },
  })
})

t.test('a mistake is told with the nearest name and where to read on', async t => {
  const mistakes: readonly (readonly [string[], RegExp])[] = [
    [['laod'], /unknown command 'laod'.*did you mean load\?.*; see ddb-ingest --help/s],
    [
      ['load', '--tabel', 'x'],
      /unknown option '--tabel'.*did you mean --table\?.*; see ddb-ingest load --help/s,
    ],
    [['load', '-t'], /argument missing/],
    [['exec', 'a', 'b'], /too many arguments/],
    [['demo', 'x'], /too many arguments/],
  ]
  for (const [argv, message] of mistakes) {
    t.throws(() => read(...argv), { code: 'DDB_USAGE', message }, argv.join(' '))
  }
})

t.test('a password is not repeated, whatever it was taken for', async t => {
  for (const argv of [['--password=secret'], ['--passwrd=secret'], ['--password', 'secret']]) {
    try {
      read('load', ...argv)
      t.fail('it was accepted')
    } catch (error) {
      t.notMatch(String(error), /secret/)
    }
  }
})

t.test('help and version are answered', async t => {
  t.match(answer(), /^Usage: ddb-ingest/)
  t.match(answer('--version'), /^\d+\.\d+\.\d+\n$/)
  t.match(answer('help', 'load'), /^Usage: ddb-ingest load/)
  t.equal(helpText('load', commands, 80), answer('load', '--help'))
})
