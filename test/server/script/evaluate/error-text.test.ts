/*
  Error texts: where the server says `source => message`, and where it does not (docs/server-semantics.md#error-texts).
*/
import t from 'tap'
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

t.test('only administrators may call what is theirs', async t => {
  const { fail } = testSession({ user: 'guest' })
  t.match(
    await fail('createUser("u", "123456")'),
    'Only administrators execute function createUser',
  )
})

const syntaxErrors: Readonly<Record<string, string>> = {
  'a = 1\n\nb = nosuch + 2': '[line #3] Cannot recognize the token nosuch',
  'nosuch(1)': '[line #1] Cannot recognize the token nosuch',
  'x.nosuch()': '[line #1] Cannot recognize the token nosuch',
  'def f(){\n return outer\n}': '[line #2] Cannot recognize the token outer',
  'y = 1\ndef f(){\n return y\n}': '[line #3] Cannot recognize the token y',
  'def f(){ def g(){ return 1 } }':
    '[line #1] Not allowed to define a named function [g] within another function. RefId: S06003',
  'def sum(x){ return x }':
    '[line #1] Not allowed to overwrite existing built-in functions/procedures. RefId: S06005',
  'def f(mutable a=1){ return a }':
    '[line #1] A parameter with default value must be read only. RefId: S06012',
  'x = (1, 2': "[line #1] ')' is expected before the end of the script.",
  'x = ': '[line #1] An expression is expected before the end of the script.',
  'x = 1 y = 2': '[line #1] Cannot recognize the token y',
  ')': '[line #1] Cannot recognize the token )',
  'if 1 {}': '[line #1] Cannot recognize the token 1',
  'try { 1 }': "[line #1] 'catch' is expected before the end of the script.",
  'timer 1+1': '[line #1] The statement [timer] is not supported.',
  'module m': '[line #1] The statement [module] is not supported.',
  '@jit\ndef f(x){return x}': '[line #1] Cannot recognize the token @',
  'x = <select 1>': '[line #1] Cannot recognize the token <',
}

t.test('syntax errors name the line and what is wrong', async t => {
  for (const [script, message] of Object.entries(syntaxErrors)) {
    t.equal(await testSession().fail(script), `Syntax Error: ${message}`, script)
  }
})

t.test('a text of more than 64 K in the code is refused as I/O error 4', async t => {
  const { show, fail } = testSession()
  t.equal(await show(`size(["${'x'.repeat(65_536)}"])`), '1')
  t.match(
    await fail(`a = 1\nsize(["${'x'.repeat(65_537)}"])`),
    /^Failed to read message from the socket with IO error type 4\. RefId: 00020\. /,
  )
})

t.test('a very deep nesting is an error, not the end of the process', async t => {
  const { fail } = testSession()
  t.match(await fail('('.repeat(5000) + '1' + ')'.repeat(5000)), 'nested too deeply')
  t.match(await fail('def f(x){ return f(x+1) }\nf(1)'), 'The function [f] is called too deeply.')
  t.match(await fail('-'.repeat(3000) + '1'), 'nested too deeply')
})
