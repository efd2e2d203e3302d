import t from 'tap'
import { parseFunctionName, ScriptParser } from '../../../../src/server/script/parse/parser.js'
import { scopeOf, shown, shownStatement } from '../../../helpers/syntax.js'

function unitsOf(source: string): string[] {
  const parser = new ScriptParser(source, scopeOf(['f']))
  const units: string[] = []
  do {
    const { statements } = parser.unit()
    units.push(statements.map(shownStatement).join('; '))
  } while (!parser.hasEnded)
  return units
}

t.test('go divides a script into units', async t => {
  const divided: Readonly<Record<string, readonly string[]>> = {
    '': [''],
    'a; b': ['a; b'],
    'a\ngo\nb': ['a', 'b'],
    'a\ngo\n': ['a'],
    'a go; ;b go ; ; c': ['a', 'b', 'c'],
    'go\ngo\na': ['', '', 'a'],
    '{a\ngo\nb}': ['a; b'],
    'def h(a){go\na}\ngo\nb': ['def h(a) {a}', 'b'],
  }
  for (const [source, units] of Object.entries(divided)) {
    t.strictSame(unitsOf(source), units, source)
  }
})

t.test('a unit is parsed when it is asked for, with the functions of that time', async t => {
  const functions: string[] = []
  const parser = new ScriptParser('g = 1\ngo\nf -1\ngo\n)', scopeOf(functions))
  parser.unit()
  functions.push('f')
  const { statements } = parser.unit()
  t.strictSame(statements.map(shownStatement), ['f(-1)'])
  t.notOk(parser.hasEnded)
  t.throws(() => parser.unit(), {
    message: 'Syntax Error: [line #5] Cannot recognize the token )',
  })
})

t.test('code of more than 1 MB is refused as I/O error 4', async t => {
  const code = (length: number): string => 'x'.padEnd(length)
  t.ok(new ScriptParser(code(1_048_576), scopeOf([])))
  const refusal = { message: /IO error type 4\. RefId: 00020\..* 1048576 characters/ }
  t.throws(() => new ScriptParser(code(1_048_577), scopeOf([])), refusal)
  t.throws(() => parseFunctionName(code(1_048_577), scopeOf([])), refusal)
})

t.test('each statement may have 131,072 tokens', async t => {
  const longest = `x = [${'1,'.repeat(65_533)}-1]`
  t.equal(unitsOf(`${longest}\n${longest}`).length, 1)
  t.throws(() => unitsOf(`a\n${longest} + 1`), {
    message: 'Syntax Error: [line #2] A statement has more than 131072 tokens. Divide it.',
  })
})

t.test('the name of a function request is one expression', async t => {
  const names: Readonly<Record<string, string>> = {
    f: 'f',
    'tableInsert{trades}': 'tableInsert{trades}',
    'upsert!{t,,ignoreNull=false}': 'upsert!{t, <>, ignoreNull=false}',
    '(def(mutable a){a}){t}': 'def(mutable a) {a}{t}',
    'f -1': 'f(-1)',
  }
  for (const [text, tree] of Object.entries(names)) {
    t.equal(shown(parseFunctionName(text, scopeOf(['f']))), tree)
  }
  const failures: Readonly<Record<string, string>> = {
    'a b': '[line #1] Cannot recognize the token b',
    'a;': '[line #1] Cannot recognize the token ;',
    'a\nb': '[line #2] Cannot recognize the token b',
    'a{': '[line #1] An expression is expected before the end of the script.',
    '': '[line #1] An expression is expected before the end of the script.',
  }
  for (const [text, message] of Object.entries(failures)) {
    t.throws(() => parseFunctionName(text, scopeOf([])), { message: `Syntax Error: ${message}` })
  }
})
