import fc from 'fast-check'
import t from 'tap'
import { UsageError } from '../../../src/errors.js'
import {
  checkTransform,
  mostTransformChars,
  transformScript,
} from '../../../src/load/target/transform.js'
import { forAll } from '../../helpers/runs.js'

t.test('a transform that is one complete expression is not changed', t => {
  for (const text of [
    'def(t){ return select * from t where price>0 }',
    'def(mutable t)\n{\n  update t set price = 2 * price\n  return t\n}',
    'replaceColumn!{, `price, [1, 2]}',
    'nullFill!{,0.0}',
    't -> select * from t where sym in ["a,b", \'c;d\', `e]',
    '// what we want\ndef(t){ return t } // of all',
    'def(t){ return t /* ) } ] */ }',
    'def(t){ return select "}" as a, \'(\' as b, "\\"{" as c from t }',
    'def /* no name */ (t){ return t }',
    'clean',
  ])
    t.equal(checkTransform(text), text)
  t.end()
})

t.test('the call of a transform ends in its last line, unless that may end in a comment', t => {
  t.match(transformScript('def(t){ return t }'), 'return t })\n')
  t.match(transformScript('def(t){ return t } // all'), ' // all\n    )\n')
  t.end()
})

t.test('a transform that ends early or continues after its end is refused with a reason', t => {
  for (const [text, why] of [
    ['', 'is empty'],
    [' // nothing\n', 'is empty'],
    ['def(t){ return t }}', 'has a } that closes nothing, in line 1'],
    ['def(t){\nreturn (t]\n}', 'has a ] that closes nothing, in line 2'],
    ['def(t){ return t', '} is missing'],
    ['t); undef all; (t', 'has a ) that closes nothing'],
    ['def(t){ return t }; undef all', 'is more than one expression: ";", in line 1'],
    ['def(t){ return t }, 5', 'is more than one expression: ","'],
    ['def(t){ return t } /* and', 'has a comment that does not end'],
    ['def(t){ return "t }', 'has a quoted text that does not end'],
    ["def(t){ return '\\' }", 'has a quoted text that does not end'],
    ['def clean(t){ return t }', 'gives its function a name: leave "clean" out'],
    ['/* of */ defg 清洗(t){ return t }', 'leave "清洗" out'],
    ['def(t){ return "\0" }', 'U+0000'],
    [`def(t){ return t }${' '.repeat(mostTransformChars)}`, `the limit is ${mostTransformChars}`],
  ] as const) {
    const error = { name: 'UsageError', code: 'DDB_USAGE', message: why }
    t.throws(() => checkTransform(text), error, JSON.stringify(text.slice(0, 60)))
  }
  t.end()
})

/** Whether every bracket, quote and comment is closed, by an algorithm independent of the program's. */
function opensAndCloses(text: string): boolean {
  const quoted = /"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|\/\/[^\n]*|\/\*[^]*?\*\//g
  const code = text.replace(quoted, found => (found.startsWith('/') ? ' ' : 'x'))
  if (/["']|\/\*/.test(code)) return false
  let rest = code.replace(/[^()[\]{},;]/g, '')
  for (let before = ''; before !== rest;) {
    before = rest
    rest = rest.replace(/\([,;]*\)|\[[,;]*\]|\{[,;]*\}/g, '')
  }
  return rest === '' && code.trim() !== ''
}

t.test('brackets, quotes and comments are accepted exactly if everything opened is closed', t => {
  const piece = fc.constantFrom('(', ')', '[', ']', '{', '}', '"', "'", '\\', '/', '*', '\n', 'a')
  const text = fc.array(
    fc.oneof({ weight: 8, arbitrary: piece }, fc.constantFrom(',', ';', '//')),
    { maxLength: 14 },
  )
  forAll(4_000)(
    text.map(pieces => pieces.join('')),
    given => {
      let isTaken = true
      try {
        checkTransform(given)
      } catch (error) {
        if (!(error instanceof UsageError)) throw error
        isTaken = false
      }
      return isTaken === opensAndCloses(given)
    },
  )
  t.end()
})
