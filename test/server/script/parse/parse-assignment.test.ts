import t from 'tap'
import {
  parseConstant,
  parseExpressions,
} from '../../../../src/server/script/parse/parse-assignment.js'
import type { Assignment } from '../../../../src/server/script/parse/syntax.js'
import { cursorOn, shown, sourceOf, statementsOf, treesOf } from '../../../helpers/syntax.js'

const trees: Readonly<Record<string, string>> = {
  'x = 1': 'x = 1',
  'x =\n 1 + 2': 'x = (1 + 2)',
  'x += 1; x -= 2; x *= 3; x /= 4; x \\= 5': 'x += 1; x -= 2; x *= 3; x /= 4; x \\= 5',
  'x, y = 1, 2': 'x, y = 1, 2',
  'x, y,\nz = f(1)': 'x, y, z = f(1)',
  'x = 1, 2': 'x = 1, 2',
  'x[1] = 2': 'x[1] = 2',
  'x[1:, 0] += 2': 'x[1:, 0] += 2',
  '&x = y': '&x = y',
  'const x = 1 + 2': 'const x = (1 + 2)',
  'x == 1': '(x == 1)',
  'x <- 1': '(x <- 1)',
  'x as y': '(x as y)',
  '&f': '&f',
  'select a from t where b = 1': '(select a from t where (b == 1))',
}

t.test('what stands before = decides what an assignment changes', async t => {
  for (const [source, tree] of Object.entries(trees)) t.equal(treesOf(source), tree, source)
})

const flagsOf = (source: string): Partial<Assignment> => {
  const { isReference, isConstant, operator } = statementsOf(source)[0] as Assignment
  return { isReference, isConstant, operator }
}

t.test('references and constants are told apart from what copies and changes', async t => {
  const plain = { isReference: false, isConstant: false, operator: undefined }
  t.strictSame(flagsOf('x = y'), plain)
  t.strictSame(flagsOf('&x = y'), { ...plain, isReference: true })
  t.strictSame(flagsOf('const x = y'), { ...plain, isConstant: true })
  t.strictSame(flagsOf('x \\= y'), { ...plain, operator: '\\' })
})

t.test('what is assigned hides a function from there on', async t => {
  t.equal(treesOf('f = f -1\nf -1'), 'f = f(-1); (f - 1)', 'not before')
  t.equal(treesOf('f, g = 1, 2\ng -1'), 'f, g = 1, 2; (g - 1)')
  t.equal(treesOf('const f = 1\nf -1'), 'const f = 1; (f - 1)')
  t.equal(treesOf('x[0] = f\nf -1'), 'x[0] = f; f(-1)')
})

const asEqual = "Please use '==' rather than '=' as equal operator in non-sql expression."
const compound = "Can't use assignment in expression."
const token = (text: string): string => `Cannot recognize the token ${text}`

const failures: readonly (readonly [string, number, string])[] = [
  ['f() = 1', 1, asEqual],
  ['x + 1\n= 2', 2, token('=')],
  ['\nx.y = 1', 2, asEqual],
  ['x[1][2] = 3', 1, asEqual],
  ['"x" = 1', 1, asEqual],
  ['::f = 1', 1, asEqual],
  ['x.y += 1', 1, compound],
  ['&x += 1', 1, compound],
  ['x\n= 1', 2, token('=')],
  ['x = y = 1', 1, token('=')],
  ['x, y', 1, token(',')],
  ['x, y\n= 1, 2', 2, token('=')],
  ['x, y += 1', 1, token(',')],
  ['x, 1 = 2', 1, token(',')],
  ['x, y[0] = 1, 2', 1, token(',')],
  ['x[0], y = 1, 2', 1, token(',')],
  ['x % = 2', 1, token('=')],
  ['x = 1,', 1, 'An expression is expected before the end of the script.'],
  ['const x', 1, "'=' is expected before the end of the script."],
  ['const x += 1', 1, token('+=')],
  ['const 5 = 1', 1, token('5')],
  ['const x = 1, 2', 1, token(',')],
]

t.test('what takes no value is refused where it stands', async t => {
  for (const [source, line, message] of failures) {
    t.throws(() => treesOf(source), { message: `Syntax Error: [line #${line}] ${message}` }, source)
  }
})

t.test('an assignment stands for all of its text, its targets for their own', async t => {
  const [, node] = statementsOf('a\n x[1] = 2 + 3 ; b')
  t.equal(sourceOf(node!), 'x[1] = 2 + 3')
  t.equal(node!.span.line, 2)
  t.strictSame((node as Assignment).targets.map(sourceOf), ['x[1]'])
  const [reference] = statementsOf('& x = y')
  t.equal(sourceOf(reference!), '& x = y')
  const [constant] = statementsOf('const c = 1')
  t.strictSame([constant!, ...(constant as Assignment).targets].map(sourceOf), ['const c = 1', 'c'])
})

t.test('the parts that others use leave the cursor behind what they took', async t => {
  const cursor = cursorOn('a, b + 1 c')
  t.strictSame(parseExpressions(cursor).map(shown), ['a', '(b + 1)'])
  t.equal(cursor.peek().text, 'c')
  const constant = cursorOn('const c = 1\n2')
  t.equal(parseConstant(constant, constant.peek()).values.length, 1)
  t.equal(constant.peek().text, '2')
})
