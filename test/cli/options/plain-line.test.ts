/*
  Two readers of the command line must never disagree: what the quick one accepts, commander reads in the same way.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { readCommandLine } from '../../../src/cli/options/command-line.js'
import { longName } from '../../../src/cli/options/definition.js'
import { readPlainLine } from '../../../src/cli/options/plain-line.js'
import { commands } from '../../../src/cli/commands/registry.js'
import { runs } from '../../helpers/runs.js'

const values = ['x', '', '-', '5', 'a=b', '--', '-x', '--json', 'two words', '-1', "it's"]

/** Words that make up a command line, sensible and not. */
const words = (name: string): fc.Arbitrary<string[]> => {
  const { options } = commands.find(command => command.name === name)!
  const flags = Object.values(options).flatMap(definition => {
    const short = /^-\w/.exec(definition.flags)?.[0]
    return short === undefined
      ? [`--${longName(definition)}`]
      : [`--${longName(definition)}`, short]
  })
  const flag = fc.constantFrom(...flags)
  const value = fc.constantFrom(...values)
  return fc.oneof(
    { weight: 5, arbitrary: fc.tuple(flag, value).map(pair => [...pair]) },
    { weight: 2, arbitrary: fc.tuple(flag, value).map(pair => [pair.join('=')]) },
    { weight: 1, arbitrary: fc.tuple(flag, value).map(pair => [pair.join('')]) },
    { weight: 3, arbitrary: flag.map(one => [one]) },
    { weight: 2, arbitrary: value.map(one => [one]) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<string[]>(['-qv'], ['-vtx'], ['-h'], ['--help'], ['--tabel']),
    },
  )
}

const line = fc
  .constantFrom(...commands.map(({ name }) => name))
  .chain(name => fc.array(words(name), { maxLength: 5 }).map(parts => [name, ...parts.flat()]))

t.test('what is read the quick way, commander reads alike', async t => {
  let accepted = 0
  fc.assert(
    fc.property(line, argv => {
      const plain = readPlainLine(argv, commands)
      if (plain === undefined) return
      accepted++
      const full = readCommandLine(argv, commands, 80)
      if ('answer' in full) throw new Error(`commander answers ${argv.join(' ')}`)
      deepStrictEqual(
        [plain.command.name, plain.args, [...plain.flags].sort()],
        [full.command.name, full.args, [...full.flags].sort()],
      )
    }),
    { numRuns: runs(200) },
  )
  t.ok(accepted > runs(200) / 15, `${accepted} lines were plain`)
})

t.test('a mistake or a question is left to commander', async t => {
  const left = [
    [],
    ['--help'],
    ['laod'],
    ['load', '--help'],
    ['load', '--tabel', 'x'],
    ['load', '-t'],
    ['exec', 'a', 'b'],
    ['demo', 'x'],
  ]
  for (const argv of left) t.equal(readPlainLine(argv, commands), undefined, argv.join(' '))
})

t.test('an ordinary line needs no commander', async t => {
  const plain = readPlainLine(
    ['load', 'a.csv', '-t', 'trades', '-b', '5000', '--null=NA', '--null', '-', '-q', 'b.csv'],
    commands,
  )
  t.strictSame(plain?.args, ['a.csv', 'b.csv'])
  t.strictSame(
    plain?.flags,
    new Map([
      ['table', ['trades']],
      ['batch-rows', ['5000']],
      ['null', ['NA', '-']],
      ['quiet', ['true']],
    ]),
  )
})
