/*
  Divides an unfinished command line into words, as bash does. bash itself gives the expected words.
*/
import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import t from 'tap'
import { readBashLine } from '../../../src/cli/completion/bash-line.js'
import { fileFolder } from '../../helpers/file-folder.js'
import { runs } from '../../helpers/runs.js'

const hasBash = spawnSync('bash', ['-c', 'true']).status === 0
const folder = fileFolder(t)

const inQuotes = fc.string({
  unit: fc.constantFrom('a', ' ', '中', '|', '>', '=', '*', ';', '\\\\'),
})
const piece = fc.oneof(
  fc.string({ unit: fc.constantFrom('b', '7', '文', '=', ':', '/', '-', '@'), minLength: 1 }),
  fc.constantFrom('\\ ', "\\'", '\\"', '\\\\', '\\$', '\\中', '\\>', '\\|'),
  inQuotes.map(text => `'${text}'`),
  inQuotes.map(text => `"${text}\\"\\$\\\`"`),
)
const word = fc.array(piece, { minLength: 1, maxLength: 4 }).map(pieces => pieces.join(''))
const place = fc
  .constantFrom('> ', '>', '2>', '2> ', '>> ', '&> ', '< /dev/null 2>&1 > ')
  .map(sign => `${sign}place`)
const line = fc.array(fc.oneof({ arbitrary: word, weight: 4 }, place), { maxLength: 6 })

t.test('the words are those that bash passes to a program', { skip: !hasBash }, async t => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), lines => {
      const typed = lines.map(parts => parts.join(' '))
      const script = [
        `show() { printf '%s\\0' "$#" "$@" >&9; }`,
        ...typed.map(text => `show ${text}`),
      ]
      const { output } = spawnSync('bash', ['-c', script.join('\n')], {
        cwd: folder,
        encoding: 'utf8',
        stdio: [...Array<'ignore'>(9).fill('ignore'), 'pipe'],
      })
      const read = typed.map(text => readBashLine(`show ${text} `).before)
      return output[9] === read.map(words => [words.length, ...words, ''].join('\0')).join('')
    }),
    { numRuns: runs(80) },
  )
  t.pass()
})

t.test('the word at the cursor loses its quotes, even if they are open', async t => {
  const current = (text: string): string => readBashLine(text).current
  t.equal(current('d load '), '')
  t.equal(current('d load my\\ f'), 'my f')
  t.equal(current('d load "my f'), 'my f')
  t.equal(current(`d load "it's \\"x\\" a$b \\a`), `it's "x" a$b \\a`)
  t.equal(current("d load 'a\\"), 'a\\')
  t.equal(current('d load a\\'), 'a')
  t.equal(current('d load --table=中'), '--table=中')
})

t.test('text before the name of the program does not count', async t => {
  t.strictSame(readBashLine('A=1 B="2 3" d load x'), { before: ['load'], current: 'x' })
  t.strictSame(readBashLine('zcat x | d load -'), { before: ['load'], current: '-' })
  t.strictSame(readBashLine('d load &>log x'), { before: ['load'], current: 'x' })
})
