/* Any text sent as a script gives a value or a ScriptError. No text causes a different exception or an endless loop. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { ServerNode } from '../../../src/server/node.js'
import {
  createScriptSession,
  runFunction,
  runScript,
} from '../../../src/server/script/session/session.js'
import { sessionOn } from '../../helpers/script.js'
import { forAllAsync } from '../../helpers/runs.js'

const words: readonly string[] = [
  'x', 'y', 't', 'f', 'sum', 'size', 'table', 'each', 'string', 'append!', 'take', 'dict', 'isNull', 'cast', 'INT', 'ANY',
  '1', '2.5', '-3', '00i', 'NULL', 'true', '`a', '`a`b', '"s"', "'c'", '2012.01.01', '09:30m', '1..3', '1 2 3', '3:1', '[', ']',
  '(', ')', '{', '}', ',', ';', '\n', '+', '-', '*', '/', '\\', '%', '$', '<-', '==', '!=', '<', '>=', '=', '+=', '&&', '||', '!',
  '&', '|', ':', '..', '.', '->', '?', 'in', 'like', 'and', 'not', 'if', 'else', 'for', 'do', 'try', 'catch(ex)', 'throw',
  'return', 'break', 'def', 'def f(a)', 'mutable', 'select', 'exec', 'from', 'where', 'group by', 'order by', 'limit',
  'count(*)', 'update', 'set', 'delete from', 'insert into', 'values', 'share', 'as', 'go', 'undef', 'create table',
] // prettier-ignore

/** The test gives a script up after this many turns of the event loop, because a correct script may loop forever. */
const maxTurns = 20

async function outcomeOf(start: () => unknown): Promise<unknown> {
  try {
    const pending = start()
    if (!(pending instanceof Promise)) return undefined
    const settled = pending.then(
      () => undefined,
      (error: unknown) => error,
    )
    let turns = 0
    const stop = (async () => {
      while (turns++ < maxTurns) await new Promise(resolve => setImmediate(resolve))
    })()
    return await Promise.race([settled, stop])
  } catch (error) {
    return error
  }
}

function check(source: string, failure: unknown): void {
  if (failure === undefined) return
  assert.ok(
    failure instanceof Error && failure.name === 'ScriptError',
    `${source}: ${failure instanceof Error ? (failure.stack ?? '') : typeof failure}`,
  )
  assert.doesNotMatch(failure.message, /^Internal error|=> Internal error/, source)
}

// Every run tries the same scripts unless a seed is given, so that every developer gets the same findings.
fc.configureGlobal({ seed: Number(process.env['TEST_SEED'] ?? 20261120) })

const setup =
  'x=1 2 3; y=`a`b; t=table(1 2 3 as x, `a`b`c as s); d=dict(`a`b, 1 2)\ndef f(a,b=2){return a}'

const source = fc
  .array(fc.constantFrom(...words), { minLength: 1, maxLength: 14 })
  .map(chosen => chosen.join(' '))

t.test('scripts that once failed internally give a ScriptError', async t => {
  const node = new ServerNode()
  const session = sessionOn(node)
  for (const script of ['delete from -', 'select * from -']) {
    const failure = await outcomeOf(() => runScript(session, node, script))
    t.match(failure, { name: 'ScriptError', message: /^Syntax Error: \[line #1\]/ }, script)
  }
})

t.test('random words give a value or a ScriptError', async () => {
  await forAllAsync(150)(source, async script => {
    const node = new ServerNode()
    const session = createScriptSession(node, {
      id: '1',
      remoteAddress: '',
      remotePort: 1,
      delay: () => Promise.resolve(),
    })
    runScript(session, node, setup)
    check(script, await outcomeOf(() => runScript(session, node, script)))
    check(script, await outcomeOf(() => runFunction(session, node, script, [])))
  })
})

const values = [
  'NULL', '1', '-1', '2l', '2.5', '00i', '00F', '`a', '""', "'c'", 'true', '2012.01.01', '13:30:10', '1.5P', '3M', '1 2 3',
  '[1.5, NULL]', '`a`b', '(1, `a)', '()', 'array(INT,0)', 'array(INT[],0).append!([1 2, 3])', '1:2', 'set(1 2)',
  'dict(`a`b, 1 2)', 'table(1 2 as x)', 'sum', 'INT', '`a`b$SYMBOL', 'uuid()', 'x->x',
] // prettier-ignore

t.test('every built-in function gives a value or a ScriptError for any arguments', async () => {
  const names = [...(await import('../../../src/server/script/session/session.js')).builtins.keys()]
  const skipped = new Set(['sleep'])
  const call = fc.tuple(
    fc.constantFrom(...names.filter(name => !skipped.has(name))),
    fc.array(fc.constantFrom(...values), { maxLength: 4 }),
  )
  await forAllAsync(400)(call, async ([name, args]) => {
    const node = new ServerNode()
    const session = sessionOn(node)
    session.user = 'admin'
    const script = `${name}(${args.join(', ')})`
    check(script, await outcomeOf(() => runScript(session, node, script)))
  })
})
