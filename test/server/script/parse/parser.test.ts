import t from 'tap'
import { Cursor } from '../../../../src/server/script/parse/cursor.js'
import {
  parseFunctionName,
  parseUnit,
} from '../../../../src/server/script/parse/parse-statement.js'
import { scopeOf, shownStatement, cursorOn } from '../../../helpers/syntax.js'
import { tokenize } from '../../../../src/server/script/parse/lexer.js'

function unitsOf(source: string): string[] {
  const cursor = new Cursor(source, scopeOf(['f']))
  const units: string[] = []
  do units.push(parseUnit(cursor).map(shownStatement).join('; '))
  while (!cursor.hasEnded)
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

t.test('a unit is parsed when it is requested, with the functions defined by then', async t => {
  const functions: string[] = []
  const cursor = new Cursor('g = 1\ngo\nf -1\ngo\n)', scopeOf(functions))
  parseUnit(cursor)
  functions.push('f')
  const statements = parseUnit(cursor)
  t.strictSame(statements.map(shownStatement), ['f(-1)'])
  t.notOk(cursor.hasEnded)
  t.throws(() => parseUnit(cursor), {
    message: 'Syntax Error: [line #5] Cannot recognize the token )',
  })
})

t.test('code of more than 1 MB is refused as I/O error 4', async t => {
  const code = (length: number): string => 'x'.padEnd(length)
  t.ok(new Cursor(code(1_048_576), scopeOf([])))
  const refusal = { message: /IO error type 4\. RefId: 00020\..* 1048576 characters/ }
  t.throws(() => new Cursor(code(1_048_577), scopeOf([])), refusal)
  t.throws(() => parseFunctionName(code(1_048_577), scopeOf([])), refusal)
})

t.test('each statement may have 131,072 tokens', async t => {
  const longest = `x = [${'1,'.repeat(65_533)}-1]`
  t.equal(unitsOf(`${longest}\n${longest}`).length, 1)
  t.throws(() => unitsOf(`a\n${longest} + 1`), {
    message: 'Syntax Error: [line #2] A statement has more than 131072 tokens. Divide it.',
  })
})

const words = (source: string): string[] =>
  tokenize(source)
    .slice(0, -1)
    .map(token => token.text)

t.test('a name may end with !, but != is an operator', t => {
  t.same(words('t.append!(x)'), ['t', '.', 'append!', '(', 'x', ')'])
  t.same(words('a!=b'), ['a', '!=', 'b'])
  t.same(words('if(!x)'), ['if', '(', '!', 'x', ')'])
  t.end()
})

t.test('an assignment may be followed by a symbol without a blank', t => {
  t.same(words('tbName=`tb1'), ['tbName', '=', '`tb1'])
  t.end()
})

t.test('a chain of symbols is one token and ends at an operator', t => {
  t.same(words('`a`b`c$SYMBOL'), ['`a`b`c', '$', 'SYMBOL'])
  t.same(words('x + `;'), ['x', '+', '`', ';'])
  t.same(words('`128.9'), ['`128.9'])
  t.same(words('`IBM.upper()'), ['`IBM', '.', 'upper', '(', ')'])
  t.end()
})

t.test('a pair of numbers is not a minute', t => {
  t.same(words('5:0'), ['5', ':', '0'])
  t.same(words('10000:0,'), ['10000', ':', '0', ','])
  t.same(words('09:30m'), ['09:30m'])
  t.same(words('13:30:10.008'), ['13:30:10.008'])
  t.end()
})

t.test('the points of a range do not belong to numbers', t => {
  t.same(words('1..10'), ['1', '..', '10'])
  t.same(words('2012.01.01..2012.01.31'), ['2012.01.01', '..', '2012.01.31'])
  t.same(words('2015.01M..2015.12M'), ['2015.01M', '..', '2015.12M'])
  t.same(words('1.5'), ['1.5'])
  t.end()
})

t.test('a number after a point is a member if an operand precedes the point', t => {
  t.same(words('d.2'), ['d', '.', '2'])
  t.same(words('x + .5'), ['x', '+', '.5'])
  t.end()
})

t.test('comments are removed, also over several lines, but not inside strings', t => {
  t.same(words('1 // one\n/* two\nthree */ 2'), ['1', '2'])
  t.same(words('"dfs://db" // path'), ['"dfs://db"'])
  t.end()
})

const failures: readonly [string, string, string][] = [
  ['a string without its end', 'x\n"abc', 'Syntax Error: [line #2] The string is not closed.'],
  ['a character of no meaning', 'a ~ b', 'Syntax Error: [line #1] Cannot recognize the token ~'],
  [
    'a date that does not exist',
    '2024.02.30',
    'Syntax Error: [line #1] Cannot recognize the token 2024.02.30',
  ],
  [
    'a number with an unknown suffix',
    '12q',
    'Syntax Error: [line #1] Cannot recognize the token 12q',
  ],
]

for (const [title, source, message] of failures) {
  t.test(`${title} is a syntax error that names it`, t => {
    t.throws(() => tokenize(source), { message, name: 'ScriptError' })
    t.end()
  })
}

t.test('a text of more than 64 K in the code is refused as I/O error 4', async t => {
  t.equal(tokenize(`"${'x'.repeat(65_536)}"`).length, 2)
  t.throws(() => tokenize(`a = 1\nsize("${'x'.repeat(65_537)}")`), {
    message: /^Failed to read message from the socket with IO error type 4\. RefId: 00020\. /,
  })
})

const failuresCursor: Readonly<Record<string, (cursor: ReturnType<typeof cursorOn>) => unknown>> = {
  'Cannot recognize the token )': cursor => cursor.expect('('),
  'Cannot recognize the token by': cursor => (cursor.next(), cursor.expect('from')),
  'Cannot recognize the token 7': cursor => (cursor.next(), cursor.next(), cursor.expectName()),
  'A name is expected before the end of the script.': cursor => (
    toEnd(cursor),
    cursor.expectName()
  ),
  "'(' is expected before the end of the script.": cursor => (toEnd(cursor), cursor.expect('(')),
  "'from' is expected before the end of the script.": cursor => (
    toEnd(cursor),
    cursor.expect('from')
  ),
  'An expression is expected before the end of the script.': cursor => {
    toEnd(cursor)
    throw cursor.unexpected()
  },
  'No.': cursor => cursor.fail('No.'),
}

function toEnd(cursor: ReturnType<typeof cursorOn>): void {
  while (cursor.peek().kind !== 'end') cursor.next()
}

t.test('an unexpected token is named with its line', async t => {
  for (const [message, act] of Object.entries(failuresCursor)) {
    const cursor = cursorOn('\n\n) by\n7')
    t.throws(() => act(cursor), { name: 'ScriptError', category: 'SYSTEM_Syntax' }, message)
    const line = message.includes('end of') || message.endsWith('7') ? 4 : 3
    const again = cursorOn('\n\n) by\n7')
    t.throws(() => act(again), { message: `Syntax Error: [line #${line}] ${message}` })
  }
  t.throws(() => cursorOn('a').fail('No.', 12), { message: 'Syntax Error: [line #12] No.' })
})

t.test('a script may have 400 levels, 131,072 tokens per statement, and no more', async t => {
  const deep = cursorOn('')
  const nest = (levels: number): number =>
    levels === 0 ? 0 : deep.within({}, () => nest(levels - 1) + 1)
  t.equal(nest(400), 400)
  t.equal(nest(400), 400, 'brackets next to each other are not nested')
  t.throws(() => nest(401), { message: /nested too deeply/ })
  const long = cursorOn('\nx '.repeat(131_073))
  for (let i = 0; i < 131_072; i++) long.next()
  t.throws(() => long.next(), { message: /^Syntax Error: \[line #131074\] .*131072 tokens/ })
  const divided = cursorOn('x '.repeat(131_073))
  divided.next()
  divided.beginStatement()
  for (let i = 0; i < 131_072; i++) divided.next()
  t.ok(divided.hasEnded, 'each statement has its own limit')
})
