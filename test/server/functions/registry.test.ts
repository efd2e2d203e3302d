import t from 'tap'
import { builtins } from '../../../src/server/functions/registry.js'
import { callContext } from '../../helpers/call-context.js'

// What official clients call by themselves (docs/protocol.md#what-clients-call), and what scripts of loaders need.
const needed =
  `isNodeInitialized isClientAuth getRequiredAPIVersion version schema typestr funcByName
  getStreamTableTimestamp getClusterPerf getClusterLiveDataNodes rpc getControllerAlias getNodeAlias tableInsert append!
  push! upsert! tableUpsert existsDatabase existsTable dropDatabase database createPartitionedTable createTable loadTable
  undef objs objByName share defined table streamTable keyedTable indexedTable keyedStreamTable replaceColumn! rename!
  addFunctionView dropFunctionView getFunctionViews login logout now sleep cancelConsoleJob getConsoleJobs temporalParse
  temporalFormat temporalAdd take array print count`.split(/\s+/)

t.test('every name stands for the function of that name', async t => {
  for (const [name, builtin] of builtins) t.equal(builtin.name, name)
  t.strictSame(
    needed.filter(name => !builtins.has(name)),
    [],
  )
  t.equal(builtins.get('tableinsert'), undefined, 'capitals count')
  t.match(callContext().findFunction('sum'), { builtin: builtins.get('sum') }, 'sessions look here')
})

t.test('what a function may be given is what its parameters say', async t => {
  for (const { name, parameters, minArguments, maxArguments } of builtins.values()) {
    const hasRest = parameters.at(-1)?.startsWith('...') === true
    t.ok(minArguments <= maxArguments, name)
    t.equal(maxArguments, hasRest ? Infinity : parameters.length, name)
    t.equal(new Set(parameters).size, parameters.length, name)
  }
})

t.test('functions that change their first argument are told from those that do not', async t => {
  const changing = [...builtins.values()].filter(({ mutatesFirst }) => mutatesFirst === true)
  for (const { name } of changing) t.match(name, /!$|^(tableInsert|tableUpsert|delete)/, name)
  for (const name of ['append!', 'tableInsert', 'upsert!', 'replaceColumn!', 'rename!']) {
    t.equal(builtins.get(name)?.mutatesFirst, true, name)
  }
})
