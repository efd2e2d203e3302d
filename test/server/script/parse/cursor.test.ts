import t from 'tap'
import { cursorOn } from '../../../helpers/syntax.js'

t.test('tokens are looked at without being taken, and taken one after the other', async t => {
  const cursor = cursorOn('a + 1')
  t.strictSame(
    [0, 1, 2, 3, 9].map(ahead => cursor.peek(ahead).text),
    ['a', '+', '1', '', ''],
    'behind the last one is always the end',
  )
  t.equal(cursor.taken, 0)
  t.strictSame(
    [1, 2, 3, 4, 5].map(() => cursor.next().text),
    ['a', '+', '1', '', ''],
  )
  t.equal(cursor.taken, 3, 'the end is never taken')
})

t.test('tokens that are taken are forgotten, and nothing else', async t => {
  const cursor = cursorOn(Array.from({ length: 5000 }, (_, index) => `n${index}`).join(' '))
  for (let index = 0; index < 5000; index++) {
    const ahead = index % 700
    const wanted = index + ahead < 5000 ? `n${index + ahead}` : ''
    if (cursor.peek(ahead).text !== wanted) t.fail(`${ahead} behind ${index} stands ${wanted}`)
    if (cursor.next().text !== `n${index}`) t.fail(`${index} is taken`)
  }
  t.equal(cursor.peek().kind, 'end')
})

t.test('a statement ends at ; } or the end, and with its line outside of brackets', async t => {
  for (const [source, taken, ends] of [
    ['', 0, true],
    ['a', 0, false],
    ['a', 1, true],
    ['a;', 1, true],
    ['a}', 1, true],
    ['a)', 1, false],
    ['a b', 1, false],
    ['a\nb', 1, true],
  ] as const) {
    const cursor = cursorOn(source)
    for (let i = 0; i < taken; i++) cursor.next()
    t.equal(cursor.atStatementEnd, ends, `${taken} of ${JSON.stringify(source)}`)
  }
  const cursor = cursorOn('a\nb')
  cursor.next()
  t.notOk(cursor.within({ ignoresNewlines: true }, () => cursor.atStatementEnd))
  t.ok(cursor.atStatementEnd, 'only within')
})

t.test('words are found in any case, names and signs as they are written', async t => {
  const cursor = cursorOn('SELECT "from" + x')
  t.ok(cursor.isWord('select'))
  t.ok(cursor.isAnyWord(new Set(['exec', 'select'])))
  t.notOk(cursor.isWord('from', 1), 'a string is no word')
  t.notOk(cursor.isAnyWord(new Set(['"from"']), 1))
  t.ok(cursor.isOperator('+', 2))
  t.notOk(cursor.isOperator('select'))
  t.notOk(cursor.accept('+'), 'it is not the next one')
  t.notOk(cursor.acceptWord('from'))
  t.equal(cursor.taken, 0)
  t.ok(cursor.acceptWord('select'))
  cursor.next()
  t.ok(cursor.accept('+'))
  t.equal(cursor.expectName(), 'x')
})

const failures: Readonly<Record<string, (cursor: ReturnType<typeof cursorOn>) => unknown>> = {
  'Cannot recognize the token )': cursor => cursor.expect('('),
  'Cannot recognize the token by': cursor => (cursor.next(), cursor.expectWord('from')),
  'Cannot recognize the token 7': cursor => (cursor.next(), cursor.next(), cursor.expectName()),
  'A name is expected before the end of the script.': cursor => (
    toEnd(cursor),
    cursor.expectName()
  ),
  "'(' is expected before the end of the script.": cursor => (toEnd(cursor), cursor.expect('(')),
  "'from' is expected before the end of the script.": cursor => (
    toEnd(cursor),
    cursor.expectWord('from')
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

t.test('what is not expected is named with its line', async t => {
  for (const [message, act] of Object.entries(failures)) {
    const cursor = cursorOn('\n\n) by\n7')
    t.throws(() => act(cursor), { name: 'ScriptError', category: 'SYSTEM_Syntax' }, message)
    const line = message.includes('end of') || message.endsWith('7') ? 4 : 3
    const again = cursorOn('\n\n) by\n7')
    t.throws(() => act(again), { message: `Syntax Error: [line #${line}] ${message}` })
  }
  t.throws(() => cursorOn('a').fail('No.', 12), { message: 'Syntax Error: [line #12] No.' })
})

t.test('a span reaches from its first token to the last one taken', async t => {
  const source = 'a = \n b + c ; d'
  const cursor = cursorOn(source)
  const first = cursor.next()
  t.strictSame(cursor.spanFrom(first), { source, start: 0, end: 1, line: 1 })
  cursor.next()
  const second = cursor.peek()
  t.strictSame(cursor.spanFrom(second), { source, start: 6, end: 7, line: 2 }, 'not yet taken')
  for (let i = 0; i < 3; i++) cursor.next()
  t.strictSame(cursor.spanFrom(second), { source, start: 6, end: 11, line: 2 })
  t.strictSame(cursor.spanFrom(cursor.spanFrom(first)), { source, start: 0, end: 11, line: 1 })
})

t.test('a name calls when it is a function that no variable hides', async t => {
  const cursor = cursorOn('', ['sum'])
  t.ok(cursor.isFunction('sum'))
  t.notOk(cursor.isFunction('own'))
  cursor.declareFunction('own')
  cursor.declareVariable('sum')
  t.ok(cursor.isFunction('own'))
  t.notOk(cursor.isFunction('sum'))
  cursor.inFunction(['own'], () => {
    t.notOk(cursor.isFunction('own'), 'a parameter')
    t.notOk(cursor.isFunction('sum'), 'a variable around the function')
    cursor.declareFunction('sum')
    cursor.declareVariable('inner')
    cursor.declareFunction('inner')
    t.ok(cursor.isFunction('inner'), 'what is said last counts')
    t.equal(cursor.mode.ignoresNewlines, false)
  })
  t.ok(cursor.isFunction('own'), 'parameters end with the function')
  t.notOk(cursor.isFunction('sum'))
})

t.test('a mode holds for what is parsed within, and leaves the rest of it alone', async t => {
  const cursor = cursorOn('')
  const { mode } = cursor
  const inner = cursor.within({ isSql: true }, () =>
    cursor.within({ hasPairs: false }, () => cursor.mode),
  )
  t.strictSame(inner, { ...mode, isSql: true, hasPairs: false })
  t.strictSame(cursor.mode, mode)
  cursor.within({ isSql: true, ignoresNewlines: true }, () =>
    t.strictSame(
      cursor.inFunction([], () => cursor.mode),
      mode,
      'a body begins anew',
    ),
  )
})

t.test('400 levels, 131,072 tokens a statement, and no more', async t => {
  const deep = cursorOn('')
  for (let depth = 1; depth <= 400; depth++) deep.descend()
  t.throws(() => deep.descend(), { message: /nested too deeply/ })
  deep.ascend()
  deep.ascend()
  deep.descend()
  t.throws(() => deep.within({}, () => 1), { message: /nested too deeply/ })
  const long = cursorOn('\nx '.repeat(131_073))
  for (let i = 0; i < 131_072; i++) long.next()
  t.throws(() => long.next(), { message: /^Syntax Error: \[line #131074\] .*131072 tokens/ })
  const divided = cursorOn('x '.repeat(131_073))
  divided.next()
  divided.beginStatement()
  for (let i = 0; i < 131_072; i++) divided.next()
  t.equal(divided.taken, 131_073, 'each statement has so many')
})
