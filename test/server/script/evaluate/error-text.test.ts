/*
  Error texts: where the server says `source => message`, and where it does not (docs/server-semantics.md#error-texts).
*/
import t from 'tap'
import { UsageError } from '../../../../src/errors.js'
import {
  asScriptError,
  locate,
  locateInFunction,
  sourceText,
  tagFirst,
} from '../../../../src/server/script/evaluate/error-text.js'
import type { Span } from '../../../../src/server/script/parse/syntax.js'
import { ScriptError } from '../../../../src/server/script-error.js'
import { testSession } from '../../../helpers/script.js'

t.test('a run-time error carries the source of the call that failed', async t => {
  const { fail } = testSession()
  t.equal(
    await fail('x = 1\ny = tableInsert(5, 1)'),
    'tableInsert(5, 1) => A table object or table name is expected.',
  )
  t.equal(await fail('1+`a-2'), '1+`a-2 => Arguments for sub method can not be string.')
  t.match(await fail('string(objByName("no"))'), /^objByName\("no"\) => Can't find/)
})

t.test('strings are quoted in one way and the source stands on one line', async t => {
  const { fail } = testSession()
  t.equal(await fail("throw '<NotLeader>xxx'"), 'throw "<NotLeader>xxx" => <NotLeader>xxx')
  t.equal(
    await fail("objByName( // look\n  'absent'\n)"),
    'objByName( "absent" ) => Can\'t find the object with name absent',
  )
})

t.test('inside a function the error names the function as well', async t => {
  const { fail } = testSession()
  t.equal(await fail('def f(){ throw "x" }\nf()'), 'f() => f: throw "x" => x')
  t.equal(await fail('def g(x){ return f() + x }\ng(1)'), 'g(1) => g: f() => f: throw "x" => x')
})

t.test('a function request says no source of its own', async t => {
  const { run, call } = testSession()
  await t.rejects(call('schema'), {
    message:
      'The function [schema] expects 1 argument(s), but the actual number of arguments is: 0',
  })
  await run('def f(){ throw "x" }')
  await t.rejects(call('f'), { message: 'f: throw "x" => x' })
})

t.test('a tag stands behind the source in a script, and first in a function request', async t => {
  const { run, fail, call } = testSession()
  await run('def f(){ throw "<ChunkInTransaction>busy" }')
  const thrown = 'throw "<ChunkInTransaction>busy" => <ChunkInTransaction>busy'
  t.equal(await fail('f()'), `f() => f: ${thrown}`)
  await t.rejects(call('f'), { message: '<ChunkInTransaction>busy' })
  await t.rejects(call('f{}'), { message: '<ChunkInTransaction>busy' })
  await run('def g(){ throw "a < b > c" }')
  await t.rejects(call('g'), { message: 'g: throw "a < b > c" => a < b > c' })
})

const spanOf = (source: string, start = 0, end = source.length): Span => ({
  source,
  start,
  end,
  line: 1,
})

t.test('whatever is thrown is an error of the script', async t => {
  const own = new ScriptError('own')
  t.equal(asScriptError(own), own)
  t.equal(asScriptError(new UsageError('DDB_USAGE', 'wrong')).message, 'wrong')
  t.equal(asScriptError(new TypeError('bug')).message, 'Internal error: bug')
  t.equal(asScriptError('text').message, 'Internal error: text')
  t.match(asScriptError(new RangeError('Maximum call stack size exceeded')), {
    message: 'The script calls functions too deeply.',
  })
  for (const reason of [
    'Invalid array length',
    'Invalid string length',
    'Map maximum size exceeded',
    'Array buffer allocation failed',
  ]) {
    t.match(asScriptError(new RangeError(reason)).message, `Out of memory. The embedded server`)
  }
  t.equal(asScriptError(new RangeError('a bug')).message, 'Internal error: a bug')
})

t.test('an error is located once, and keeps what else it is', async t => {
  const facts = { category: 'USER', bareText: 'bare', isCancellation: true }
  const located = locate(new ScriptError('text', facts), spanOf('x = f(1)', 4))
  t.match(located, { message: 'f(1) => text', located: true, ...facts })
  t.equal(locate(located, spanOf('y')), located)
  t.match(locate(new RangeError('Invalid array length'), spanOf('f(1)')).message, /^f\(1\) => Out/)
  const inside = locateInFunction(located, 'g')
  t.match(inside, { message: 'g: f(1) => text', located: false, ...facts })
  t.equal(locateInFunction(located, ''), located, 'a function without a name')
  t.equal(locate(inside, spanOf('g()')).message, 'g() => g: f(1) => text')
})

const tags: Readonly<Record<string, string>> = {
  'f() => f: throw "x" => <NotLeader>host:1': '<NotLeader>host:1',
  'f() => f: <ChunkInTransaction>busy\nnext': '<ChunkInTransaction>busy\nnext',
  'f: <NoPrivilege>no': '<NoPrivilege>no',
  '<NotLeader>host:1': '<NotLeader>host:1',
  'f() => a < b > c': 'f() => a < b > c',
  'f(<A>)': 'f(<A>)',
  'f() => <1>': 'f() => <1>',
}

t.test('the tag of a function request stands first', async t => {
  for (const [message, wanted] of Object.entries(tags)) {
    t.equal(tagFirst(new ScriptError(message)).message, wanted, message)
  }
  t.match(tagFirst(new ScriptError('f: <A>b')), { located: true, category: 'SYSTEM_Runtime' })
})

const sources: Readonly<Record<string, string>> = {
  'f( 1,  2 )': 'f( 1,  2 )',
  "f('ab')": 'f("ab")',
  "f('a')": "f('a')",
  'f("a")': 'f("a")',
  'f(1,\n   2)': 'f(1, 2)',
  'f(1, // one\n2)': 'f(1, 2)',
  'f(/* none */)': 'f( )',
  'f(`a, \'it is\' , "b")': 'f(`a, "it is" , "b")',
}

t.test(
  'source is quoted on one line, with texts in double quotes and without comments',
  async t => {
    for (const [source, wanted] of Object.entries(sources)) {
      t.equal(sourceText(spanOf(source)), wanted, source)
    }
    t.equal(sourceText(spanOf("x = f('ab') ; y", 4, 11)), 'f("ab")')
  },
)
