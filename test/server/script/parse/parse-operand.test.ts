import t from 'tap'
import { formatValue } from '../../../../src/protocol/value-text.js'
import type { Value } from '../../../../src/protocol/value.js'
import { parseAlias, parseElement } from '../../../../src/server/script/parse/parse-operand.js'
import type { Literal } from '../../../../src/server/script/parse/syntax.js'
import { cursorOn, expressionOf, shown, sourceOf, treeOf } from '../../../helpers/syntax.js'

/** What a literal is: its type and its text. */
function valueOf(source: string): string {
  const node = expressionOf(source)
  const value = (node as Literal).value as Extract<Value, { form: 'scalar' | 'vector' }>
  const brackets = value.form === 'vector' ? '[]' : ''
  return `${node.kind} ${value.type}${brackets} ${formatValue(value)}`
}

const literals: Readonly<Record<string, string>> = {
  '1': 'literal INT 1',
  '-1': 'literal INT -1',
  '- 1': 'literal INT -1',
  '-1h': 'literal SHORT -1',
  '-5l': 'literal LONG -5',
  '-2.5': 'literal DOUBLE -2.5',
  '-2.50P': 'literal DECIMAL64 -2.50',
  '-3M': 'literal DURATION -3M',
  '-00i': 'literal INT ',
  true: 'literal BOOL true',
  NULL: 'literal VOID ',
  '"a"': 'literal STRING a',
  '`a': 'literal STRING a',
  "'a'": "literal CHAR 'a'",
  '1 2 3': 'literal INT[] [1,2,3]',
  '1 -2 3': 'literal INT[] [1,-2,3]',
  '1h 2.5f 3': 'literal FLOAT[] [1,2.5,3]',
  '1 5l': 'literal LONG[] [1,5]',
  '1 NULL null': 'literal INT[] [1,,]',
  'NULL NULL': 'literal VOID[] [,]',
  'true false': 'literal BOOL[] [true,false]',
  '`a`b "c"\'de\'': 'literal STRING[] [a,b,c,de]',
  '"a""b"': 'literal STRING[] [a,b]',
  "'a' 'b'": "literal CHAR[] ['a','b']",
  '2020.01.01 2020.01.02': 'literal DATE[] [2020.01.01,2020.01.02]',
}

t.test('constants beside each other are one vector of the widest type', async t => {
  for (const [source, wanted] of Object.entries(literals)) t.equal(valueOf(source), wanted, source)
})

const trees: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a sign with a blank behind it, or before a date, is an operator': {
    '1 - 2': '(1 - 2)',
    '1 -2 - 3': '([1,-2] - 3)',
    '2020.01.05 -2020.01.01': '(2020.01.05 - 2020.01.01)',
    '-2020.01.01': '(-2020.01.01)',
    '-13:30m': '(-13:30m)',
    '-"a"': '(-"a")',
    '-true': '(-true)',
  },
  'brackets are tuples only with a comma': {
    '()': '()',
    '(a)': 'a',
    '(a,)': '(a,)',
    '(a,\nb\n)': '(a, b)',
    '(1 as b, c)': '((1 as b), c)',
    'a ? (b:c) : (d:e,)': '(a ? (b : c) : ((d : e),))',
  },
  'square brackets may have gaps': {
    '[]': '[]',
    '[a]': '[a]',
    '[a,]': '[a]',
    '[,a]': '[<>, a]',
    '[,]': '[<>]',
    '[a,,NULL]': '[a, <>, NULL]',
    '[\na as x,\nb\n]': '[(a as x), b]',
    'a ? [b:c] : d': '(a ? [(b : c)] : d)',
  },
  'braces hold entries or a function': {
    '({})': '{}',
    '({a: 1, "b": 2, `c: 3, 4: d, 1.5: e,})': '{"a": 1, "b": 2, "c": 3, 4: d, 1.5: e}',
    '({a:\n{b: 1:2}\n})': '{"a": {"b": (1 : 2)}}',
    'a ? {b: c:d} : e': '(a ? {"b": (c : d)} : e)',
    '({x -> x})': 'def(x) {return x}',
    '({def(x): x})': 'def(x) {return x}',
  },
  'names, functions by name, queries': {
    a_1: 'a_1',
    '&sum': '&sum',
    ':: sum': '&sum',
    'share(a)': 'share(a)',
    'create + drop': '(create + drop)',
    '(exec a from t)': '(exec a from t)',
    'f(select, update)': 'f(select, update)',
  },
  'brackets make no chain and keep SQL': {
    'select (a=1) from t': '(select (a == 1) from t)',
    'select (a=1, b) from t': '(select ((a == 1), b) from t)',
  },
}

for (const [title, cases] of Object.entries(trees)) {
  t.test(title, async t => {
    for (const [source, tree] of Object.entries(cases)) t.equal(treeOf(source), tree, source)
  })
}

const failures: Readonly<Record<string, string>> = {
  '': 'An expression is expected before the end of the script.',
  '-': 'An expression is expected before the end of the script.',
  ')': 'Cannot recognize the token )',
  if: 'Cannot recognize the token if',
  'a + return': 'Cannot recognize the token return',
  'a + go': 'Cannot recognize the token go',
  'a + timer(1)': 'Cannot recognize the token timer',
  '&': 'A name is expected before the end of the script.',
  '&1': 'Cannot recognize the token 1',
  '1 `a': 'The elements of the vector [1 `a] have different types.',
  'true 1': 'The elements of the vector [true 1] have different types.',
  '1 2020.01.01': 'The elements of the vector [1 2020.01.01] have different types.',
  '(,a)': 'Cannot recognize the token ,',
  '(a,,b)': 'Cannot recognize the token ,',
  '(a b)': 'Cannot recognize the token b',
  '(a': "')' is expected before the end of the script.",
  '[a': "']' is expected before the end of the script.",
  '[a = 1]': 'Cannot recognize the token =',
  '(a as 1)': 'Cannot recognize the token 1',
  '(a as `b`c)': 'Cannot recognize the token `b`c',
  '(a as': 'A name is expected before the end of the script.',
  '({a})': 'Cannot recognize the token {',
  '({a + 1})': 'Cannot recognize the token {',
  '({a: 1, +: 2})': 'Cannot recognize the token +',
  '({a: 1, b c})': 'Cannot recognize the token c',
  '({a: 1': "'}' is expected before the end of the script.",
  '({a: 1,': 'An expression is expected before the end of the script.',
}

t.test('what cannot begin or go on an operand is named', async t => {
  for (const [source, message] of Object.entries(failures)) {
    t.throws(() => treeOf(source), { message: `Syntax Error: [line #1] ${message}` }, source)
  }
  t.throws(() => treeOf('[1,\n2\n3]'), {
    message: 'Syntax Error: [line #3] Cannot recognize the token 3',
  })
})

t.test('a constant ends with its line, even in brackets', async t => {
  const cursor = cursorOn('1 2\n3')
  t.equal(shown(parseElement(cursor)), '[1,2]')
  t.equal(cursor.peek().text, '3')
})

t.test('operands stand for their text', async t => {
  t.equal(sourceOf(expressionOf(' 1 -2  3 ')), '1 -2  3')
  t.equal(sourceOf(expressionOf('[a, b]')), '[a, b]')
  t.equal(sourceOf(expressionOf('(a, b)')), '(a, b)')
  t.equal(sourceOf(expressionOf('( a + b )')), 'a + b')
  t.equal(sourceOf(expressionOf(':: sum')), ':: sum')
  t.equal(sourceOf(expressionOf('({a: 1})')), '{a: 1}')
})

t.test('an alias is a name, a symbol or a text', async t => {
  for (const source of ['a', '`a', '"a"', "'a'"]) t.equal(parseAlias(cursorOn(source)), 'a', source)
})
