import t from 'tap'
import { isGo, parseBlock, parseNext } from '../../../../src/server/script/parse/parse-statement.js'
import {
  cursorOn,
  shownStatement,
  sourceOf,
  statementsOf,
  treesOf,
} from '../../../helpers/syntax.js'

const trees: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'statements end with their line, with ; or before }': {
    '': '',
    ';;': '',
    'a;b\nc': 'a; b; c',
    '{a;b}c': 'a; b; c',
    '{}': '',
    '{{a}\nb}': 'a; b',
  },
  'no separator is needed behind a block and before a keyword': {
    'if(a){b} c': 'if(a) {b}; c',
    'while(a){b} c': 'while(a) {b}; c',
    'try{a}catch(e){b} c': 'try {a} catch(e) {b}; c',
    'def h(a){b} c': 'def h(a) {b}; c',
    '{a return b}': 'a; return b',
    'x = 1 if(a) b': 'x = 1; if(a) {b}',
    'x = f(1) share t as s': 'x = f(1); share t as s',
    'x = 1 def h(a){}': 'x = 1; def h(a) {}',
    'break continue': 'break; continue',
    'x = 1 try{}catch(e){}': 'x = 1; try {} catch(e) {}',
  },
  'if takes blocks and single statements, on any line': {
    'if(a) b': 'if(a) {b}',
    'if(a) b else c': 'if(a) {b} else {c}',
    'if(a) b; else c': 'if(a) {b} else {c}',
    'if(a)\n b\nelse\n c': 'if(a) {b} else {c}',
    'if(a){b}else if(c){d}else{e}': 'if(a) {b} else {if(c) {d} else {e}}',
    'if(a) if(b) c else d': 'if(a) {if(b) {c} else {d}}',
    'if(a) ; b': 'if(a) {}; b',
    'if(a\n==\nb) c': 'if((a == b)) {c}',
  },
  loops: {
    'for(x in y) z': 'for(x in y) {z}',
    'for(\nx in 1..3\n)\n{y; break}': 'for(x in (1 .. 3)) {y; break}',
    'for(f in y) f -1': 'for(f in y) {(f - 1)}',
    'while(a) b': 'while(a) {b}',
    'do {a} while(b); c': 'do {a} while(b); c',
    'do\n{a\ncontinue}\nwhile(b)': 'do {a; continue} while(b)',
  },
  'try, throw, return, share, assert': {
    'try\n{a}\ncatch(ex)\n{b}': 'try {a} catch(ex) {b}',
    'try{a}catch(f){f -1}': 'try {a} catch(f) {(f - 1)}',
    'throw a + b': 'throw (a + b)',
    return: 'return',
    'return\na': 'return; a',
    '{return}': 'return',
    'return a, b': 'return a, b',
    'share a as b': 'share a as b',
    'share f(a) as `b': 'share f(a) as b',
    'share (a) as "b"': 'share a as b',
    'share (a.f(b)) as c': 'share &f(a, b) as c',
    'share t as f\nf -1': 'share t as f; (f - 1)',
    'share(a, "b")': 'share(a, "b")',
    'assert a == 1': 'assert "", (a == 1)',
    'assert "case", a': 'assert "case", a',
    'assert case, a': 'assert "case", a',
    'assert `case, a': 'assert "case", a',
  },
  'undef is a call': {
    'undef a': '&undef(a)',
    'undef all': '&undef("all")',
    'undef ALL, VAR': '&undef("all", VAR)',
    'undef `a`b, SHARED': '&undef(["a","b"], SHARED)',
    'undef(all, VAR)': '&undef("all", VAR)',
    'undef("all")': '&undef("all")',
    'undef a, all': '&undef(a, all)',
  },
  'braces begin a block unless a key or a function stands in them': {
    '{a: 1}': '{"a": 1}',
    '{"a": 1}.b': '{"a": 1}.b',
    '{x -> x}(1)': 'def(x) {return x}(1)',
    '{x, y -> x}(1, 2)': 'def(x, y) {return x}(1, 2)',
    '{a}': 'a',
    '{a, b = 1}': 'a, b = 1',
  },
  'go does nothing inside a block, and other words are names': {
    '{a\ngo\nb; go}': 'a; b',
    'import = 1; include(a)': 'import = 1; include(a)',
    'create = 1; drop + 1': 'create = 1; (drop + 1)',
  },
}

for (const [title, cases] of Object.entries(trees)) {
  t.test(title, async t => {
    for (const [source, tree] of Object.entries(cases)) t.equal(treesOf(source), tree, source)
  })
}

t.test('statements that are not there are refused by name', async t => {
  for (const [word, source] of Object.entries({
    module: 'module m',
    use: 'use a::b',
    include: 'include "a"',
    import: 'import a',
    class: 'class A {}',
    timer: 'timer(10) a',
    transaction: 'transaction {a}',
  })) {
    const message = `Syntax Error: [line #2] The statement [${word}] is not supported.`
    t.throws(() => treesOf(`\n${source}`), { message }, source)
  }
})

const failures: Readonly<Record<string, string>> = {
  'a b': '[line #1] Cannot recognize the token b',
  'a\n}': '[line #2] Cannot recognize the token }',
  '{a\n': "[line #2] '}' is expected before the end of the script.",
  'if a b': '[line #1] Cannot recognize the token a',
  'if(a': "[line #1] ')' is expected before the end of the script.",
  'if(a) else b': '[line #1] Cannot recognize the token else',
  'if(a) b;; else c': '[line #1] Cannot recognize the token else',
  'if(a) b c': '[line #1] Cannot recognize the token c',
  'for x in y {}': '[line #1] Cannot recognize the token x',
  'for(x of y) z': '[line #1] Cannot recognize the token of',
  'for(1 in y) z': '[line #1] Cannot recognize the token 1',
  'do a while(b)': '[line #1] Cannot recognize the token a',
  'do {a}\nb': '[line #2] Cannot recognize the token b',
  'do {a} while(b) c': '[line #1] Cannot recognize the token c',
  'try {a}': "[line #1] 'catch' is expected before the end of the script.",
  'try a catch(e){b}': '[line #1] Cannot recognize the token a',
  'try {a} catch {b}': '[line #1] Cannot recognize the token {',
  throw: '[line #1] An expression is expected before the end of the script.',
  'return a as b': '[line #1] Cannot recognize the token as',
  'break 1': '[line #1] Cannot recognize the token 1',
  'share a': "[line #1] 'as' is expected before the end of the script.",
  'share a as 1': '[line #1] Cannot recognize the token 1',
  undef: '[line #1] An expression is expected before the end of the script.',
  'undef(a': "[line #1] ')' is expected before the end of the script.",
  'assert a, b, c': '[line #1] Cannot recognize the token ,',
  'go = 1': '[line #1] Cannot recognize the token go',
  '@jit\ndef h(a){}': '[line #1] Cannot recognize the token @',
  'def h(a): a b': '[line #1] Cannot recognize the token b',
}

t.test('what belongs to no statement is named', async t => {
  for (const [source, message] of Object.entries(failures)) {
    t.throws(() => treesOf(source), { message: `Syntax Error: ${message}` }, source)
  }
})

t.test('go ends a unit where it stands alone', async t => {
  for (const source of ['go', 'go;', 'go\na', 'go }']) t.ok(isGo(cursorOn(source)), source)
  for (const source of ['go a', 'go = 1', 'go(1)', '"go"', 'a']) t.notOk(isGo(cursorOn(source)))
})

t.test('a list of statements is read one statement after the other, to where it ends', async t => {
  const cursor = cursorOn('; a ; {b; c} ; x = 1 ; stop')
  const read = (): string | undefined =>
    parseNext(cursor, () => cursor.isWord('stop'))
      ?.map(shownStatement)
      .join()
  t.strictSame([1, 2, 3, 4, 5].map(read), ['a', 'b,c', 'x = 1', undefined, undefined])
  const block = cursorOn('{a\nb} c')
  t.strictSame(parseBlock(block).map(shownStatement), ['a', 'b'])
  t.equal(block.peek().text, 'c')
})

t.test('a statement stands for all of its text', async t => {
  for (const source of [
    'if(a){b} else {c}',
    'for(x in y) z',
    'while(a) {b\nc}',
    'do {a} while(b)',
    'try {a} catch(e) {b}',
    'throw a',
    'return a, b',
    'return',
    'break',
    'share a as b',
    'assert "x", a',
    'undef a, VAR',
    'a + b',
  ]) /* prettier-ignore */ {
    const [before, node] = statementsOf(`0\n ${source} ; 1`)
    t.strictSame([sourceOf(node!), node!.span.line], [source, 2])
    t.equal(sourceOf(before!), '0')
  }
})
