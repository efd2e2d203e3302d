/*
  Values that no client would send. Functions answer them with a value or a script error, never with an internal error
  of the server.
*/
import assert from 'node:assert/strict'
import { isPromise } from 'node:util/types'
import fc from 'fast-check'
import t from 'tap'
import { ValueError } from '../../src/errors.js'
import { decodeValue } from '../../src/protocol/codec.js'
import { encodeResponse } from '../../src/protocol/response.js'
import type { Value } from '../../src/protocol/value.js'
import { createNode } from '../../src/server/node.js'
import { ScriptError } from '../../src/server/script-error.js'
import {
  createScriptSession,
  runFunction,
  runScript,
} from '../../src/server/script/session/session.js'
import { ByteWriter } from '../../src/wire/byte-writer.js'
import { arbitraryValue } from '../helpers/codec.js'
import { testSession } from '../helpers/script.js'
import { outcomeOf } from '../helpers/decoded-outcome.js'
import { changedValue, fuzz } from '../helpers/hostile.js'
import { seed } from '../helpers/runs.js'

t.comment(`TEST_SEED=${seed}`)

const setup = `
t = table(1 2 as id, ["a", "b"] as s, 2012.01.01 2012.01.02 as d)
k = keyedTable(\`id, 1 2 as id, 1.5 2.5 as x)
share streamTable(10:0, \`id\`s\`a, [LONG, SYMBOL, INT[]]) as st
`

const callees = [
  'tableInsert{t}', 'tableInsert{k}', 'tableInsert{st}', 'append!{t}', 'upsert!{k}', 'string', 'typestr', 'type', 'size',
  'schema', 'eqObj', 'isNull', 'print', 'sum', 'avg', 'max', 'first', 'sort', 'distinct', 'int', 'double', 'date', 'symbol',
  'timestamp', 'decimal64{, 2}', 'take{, 5}', 'add{1}', 'neg', 'table', 'dict', 'set', 'keys', 'values', 'rows',
  'columns', 'cut{, 2}', 'take{, 0}', 'left{, 2}',
  'toJson', 'objs', 'in{1}', 'join{1 2}', 'cast{, STRING}', 'array', 'matrix', 'pair{1}', 'rand{, 2}', 'x -> x[0]',
  'x -> x.id', 'x -> x + x', 'x -> select * from x', 'x -> exec count(*) from x', 'def(mutable a){a[0] = 1; return a}', 'form',
  'uuid', 'ipaddr', 'int128', 'blob', 'complex{, 1}', 'unifiedCall{size}', 'bool', 'char',
] // prettier-ignore

function check(args: readonly Value[], callee: string): void {
  const node = createNode()
  const info = { id: '1', remoteAddress: '', remotePort: 1, delay: () => Promise.resolve() }
  const session = createScriptSession(node, info)
  session.user = 'admin'
  runScript(session, node, setup)
  try {
    const answer = runFunction(session, node, callee, args)
    if (!isPromise(answer)) encodeResponse(new ByteWriter(), '1', { value: answer })
  } catch (error) {
    // A BLOB can become a text with U+0000, which the server cannot send. This is also an error of the request.
    if (error instanceof ValueError && error.code === 'DDB_STRING_HAS_NUL') return
    if (!(error instanceof ScriptError)) throw error
    assert.doesNotMatch(error.message, /Internal error/)
  }
}

t.test('values that once caused an error of the server', async t => {
  const { fail } = testSession()
  t.equal(await fail('blob((1 2, `a`b))'), 'no error')
  const handle: Value = { form: 'scalar', type: 'HANDLE', value: 'h' }
  t.match(await testSession().call('dict', handle, handle), { keys: { type: 'ANY', length: 1 } })
  const largest = `decimal128("${'9'.repeat(38)}", 0)`
  t.match(await fail(`sum([${largest}, ${largest}])`), /DECIMAL math overflow RefId:S05003$/)
})

const callee = fc.constantFrom(...callees)

t.test('functions accept any value that can be sent', async t => {
  fc.assert(
    fc.property(fc.array(arbitraryValue, { minLength: 1, maxLength: 2 }), callee, check),
    fuzz(60),
  )
  t.pass()
})

t.test('functions accept any value that damaged bytes decode to', async t => {
  fc.assert(
    fc.property(changedValue, callee, (bytes, name) => {
      const { values } = outcomeOf(bytes, bytes.length, reader => decodeValue(reader))
      if (values.length > 0) check(values as Value[], name)
    }),
    fuzz(60),
  )
  t.pass()
})
