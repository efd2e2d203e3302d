import t from 'tap'
import { tokenize } from '../../../../src/server/script/parse/lexer.js'

const words = (source: string): string[] =>
  tokenize(source)
    .slice(0, -1)
    .map(token => token.text)

t.test('a name may end with !, but not where != stands', t => {
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

t.test('the points of a range belong to no number', t => {
  t.same(words('1..10'), ['1', '..', '10'])
  t.same(words('2012.01.01..2012.01.31'), ['2012.01.01', '..', '2012.01.31'])
  t.same(words('2015.01M..2015.12M'), ['2015.01M', '..', '2015.12M'])
  t.same(words('1.5'), ['1.5'])
  t.end()
})

t.test('a number behind a point is a member where an operand stands before it', t => {
  t.same(words('d.2'), ['d', '.', '2'])
  t.same(words('x + .5'), ['x', '+', '.5'])
  t.end()
})

t.test('comments vanish, also several lines of them, but not inside strings', t => {
  t.same(words('1 // one\n/* two\nthree */ 2'), ['1', '2'])
  t.same(words('"dfs://db" // path'), ['"dfs://db"'])
  t.end()
})

t.test('lines are counted through comments and strings', t => {
  const lines = tokenize('a\n/* \n */b\n"x\ny" c').map(token => token.line)
  t.same(lines, [1, 3, 4, 5, 5])
  t.end()
})

t.test('line breaks and blanks before a token are noted', t => {
  const [, second, third] = tokenize('a b\nc')
  t.match(second, { spaceBefore: true, newlineBefore: false })
  t.match(third, { spaceBefore: true, newlineBefore: true })
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
