/* Names and values that contain script code. The program either refuses them, or writes scripts in which they stay names and values: the
   server's own parser reads such a script in the same way as a script with a harmless name. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Session } from '../../src/client/open-session.js'
import { ServerError, UsageError } from '../../src/errors.js'
import {
  ask,
  askCount,
  askFunction,
  askIdle,
  askSchema,
} from '../../src/load/connection/server-queries.js'
import { askIdentity } from '../../src/load/evidence/sample-rows.js'
import { readRun, journalPath } from '../../src/load/journal/journals.js'
import {
  askMemory,
  askRegister,
  dropTableScript,
  entryScript,
  forgetRun,
  ledgerName,
} from '../../src/load/register/register.js'
import type { LoadOptions, TargetOptions } from '../../src/load/options.js'
import { claimName, namedRun } from '../helpers/register.js'
import { checkedOptions, type CheckedOptions } from '../../src/load/checked-options.js'
import { deliverScript, ledgerQuery, ledgerScript } from '../../src/load/transport/script.js'
import { askTable, type TargetDescription } from '../../src/load/target/describe-target.js'
import { usualUpsert, writeExpression, type Target } from '../../src/load/target/target.js'
import { systemPlatform } from '../../src/platform/system-files.js'
import { vectorOf } from '../../src/protocol/element.js'
import type { Value } from '../../src/protocol/value.js'
import { listObjects, removeTestObjects, newStamp } from '../../src/selftest/leftovers.js'
import { reservedWords } from '../../src/server/script/parse/cursor.js'
import { scriptText } from '../helpers/hostile-text.js'
import { forAll, forAllAsync } from '../helpers/runs.js'
import { expressionOf, statementsOf, treeOf } from '../helpers/syntax.js'

const harmless = 'harmless0'
const timeoutMs = 1_000
const token = 0x1234_5678_9abc_def1n

/** A session that records its requests. If `answer` returns undefined, the request fails. */
function listener(answer: (script: string) => Value | undefined = () => undefined) {
  const scripts: string[] = []
  const run = async (script: string): Promise<Value | undefined> => {
    scripts.push(script)
    const value = answer(script)
    if (value === undefined) throw new ServerError('no answer')
    return value
  }
  return { session: { id: '77', run } as unknown as Session, scripts }
}

/** All scripts and function names that are sent for this target. */
async function textsFor(checked: CheckedOptions): Promise<{ scripts: string[]; names: string[] }> {
  const { session, scripts } = listener()
  const asking = { session, timeoutMs }
  const { target, runId } = checked
  const run = namedRun(runId, token)
  const finished = { rowsHad: 1, digest: '', chunk: '', stored: 1, rejected: 0 }
  const description = { columns: [] } as unknown as TargetDescription
  await Promise.allSettled([
    ...tablesOf(target).flatMap(table => [askSchema(asking, table), askCount(asking, table)]),
    askIdentity({ control: session, checked, target: description }),
    claimName(session, run),
    askMemory(asking, run, undefined),
    askRegister(asking, run.runId),
    ask(asking, entryScript(run, { processNo: 1, finished })),
    forgetRun(asking, runId, token),
    ...(target.kind === 'function' ? [askFunction(asking, target.name)] : []),
    ...tablesOf(target).map(table => askTable(asking, table, true)),
  ])
  const name = ledgerName(token, 1)
  const keys = target.kind === 'table' ? target.keyColumns.keys() : []
  const upsert = { ...usualUpsert, distinctBy: [...keys] }
  for (const ledger of [
    { name, countsDuplicates: false },
    { name, countsDuplicates: true },
    undefined,
  ]) {
    scripts.push(deliverScript(ledger, target, upsert))
  }
  const names = target.kind === 'function' ? [target.name] : [writeExpression(target, upsert)]
  return { scripts, names }
}

function tablesOf(target: Target) {
  if (target.kind === 'table') return [target.table]
  return target.confirmTable === undefined ? [] : [target.confirmTable]
}

const shownFor = async (checked: CheckedOptions): Promise<string[]> => {
  const { scripts, names } = await textsFor(checked)
  return [
    ...scripts.map(script => treeOf(statementsOf(script))),
    ...names.map(name => treeOf(expressionOf(name))),
  ]
}

const optionsFor = (target: TargetOptions, change: Partial<LoadOptions> = {}): CheckedOptions =>
  checkedOptions(
    { inputs: ['x'], server: { host: 'h', port: 1 }, target, runId: 'r', ...change },
    systemPlatform.random,
  )

/** The parser of the embedded server does not accept its reserved words, and functions of modules, as names. */
const isReadHere = (text: string): boolean => !reservedWords.has(text) && !text.includes('::')

/** Every option whose text becomes part of requests. */
const places: Readonly<Record<string, (text: string) => CheckedOptions>> = {
  'a shared table': text => optionsFor({ table: text }),
  'a shared table that is appended to': text => optionsFor({ table: text, method: 'append' }),
  'a table of a database': text => optionsFor({ table: `dfs://db/${text}` }),
  'a database': text => optionsFor({ table: `dfs://${text}/pt` }),
  'a folder of a database': text => optionsFor({ table: `dfs://db/${text}/pt` }),
  'a key column': text =>
    optionsFor({ table: 'dfs://db/pt', method: 'upsert', keyColumns: ['id', text] }),
  'the only key column': text =>
    optionsFor({ table: 'dfs://db/pt', method: 'upsert', keyColumns: [text] }),
  'a function': text => optionsFor({ function: text, types: 'a:INT' }),
  'a function with arguments': text =>
    optionsFor({ function: text, types: 'a:INT', functionArguments: [1, 'x'] }),
  'a table to confirm by': text =>
    optionsFor({ function: 'f', types: 'a:INT', confirmTable: text }),
  'a table of a database to confirm by': text =>
    optionsFor({ function: 'f', types: 'a:INT', confirmTable: `dfs://${text}/t` }),
}

for (const [place, checked] of Object.entries(places)) {
  t.test(`${place} is a name or refused`, async t => {
    const usual = await shownFor(checked(harmless))
    const isInScripts = usual.some(tree => tree.includes(harmless))
    t.ok(isInScripts, 'the text gets into scripts')
    await forAllAsync(60)(
      fc.oneof({ weight: 4, arbitrary: scriptText }, { weight: 1, arbitrary: looseName }),
      async text => {
        fc.pre(isReadHere(text))
        let changed: CheckedOptions
        try {
          changed = checked(text)
        } catch (error) {
          assert.ok(error instanceof UsageError, String(error))
          return
        }
        const expected = usual.map(tree => tree.replaceAll(harmless, () => text))
        assert.deepEqual(await shownFor(changed), expected)
      },
    )
  })
}

t.test('a function of a module is a list of names between colons, or refused', async t => {
  // The embedded server has no modules, so its parser cannot decide.
  t.equal(optionsFor({ function: 'm::sub::f', types: 'a:INT' }).target.kind, 'function')
  forAll(300)(scriptText, scriptText, looseName, (before, after, name) => {
    for (const text of [`${before}::${after}`, `${name}::${after}`, `${before}::${name}`]) {
      try {
        optionsFor({ function: text, types: 'a:INT' })
      } catch (error) {
        assert.ok(error instanceof UsageError, String(error))
        continue
      }
      assert.match(text, /^(\p{L}[\p{L}\p{N}_]*::)*\p{L}[\p{L}\p{N}_]*!?$/u)
    }
  })
})

/** Texts that may be names, so that the program does not refuse all inputs. */
const looseName = fc.stringMatching(/^[A-Za-z\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff]{0,12}$/)

t.test('a run ID is a name or refused', async t => {
  const shape = async (runId: string): Promise<string[]> => {
    const { scripts } = await textsFor(optionsFor({ table: 'target0' }, { runId }))
    return scripts.map(script => treeOf(statementsOf(script)).replaceAll(`"${runId}"`, '<id>'))
  }
  const usual = await shape(harmless)
  t.ok(usual.some(tree => tree.includes('<id>')))
  await forAllAsync(200)(
    fc.oneof(scriptText, fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/)),
    async runId => {
      let trees: string[]
      try {
        trees = await shape(runId)
      } catch (error) {
        assert.ok(error instanceof UsageError, String(error))
        return
      }
      assert.deepEqual(trees, usual)
    },
  )
})

t.test('a name that cannot be a run ID has no journal', async () => {
  const asked: string[] = []
  const files = {
    ...systemPlatform.files,
    lockHolder: (path: string) => {
      asked.push(path)
      return Promise.resolve(undefined)
    },
  }
  await forAllAsync(200)(scriptText, async text => {
    asked.length = 0
    assert.equal(await readRun('/nowhere', text, files, { holder: true }), undefined)
    for (const path of asked) {
      assert.match(text, /^[A-Za-z0-9][A-Za-z0-9._-]*$/)
      assert.equal(path, `${journalPath('/nowhere', text)}.lock`)
    }
  })
})

const strings = (data: readonly string[]): Value => vectorOf({ type: 'STRING' }, data)

t.test('scripts contain names from a server only if they look like names of a run', async () => {
  await forAllAsync(60)(fc.array(scriptText, { maxLength: 4 }), async texts => {
    const own = newStamp(systemPlatform.random, 0)
    const names = texts.flatMap(text => [
      text,
      `ddbIngestRuns${text}`,
      `ddbIngestLedger_1234_${text}`,
      `${ledgerName(token, 1)}_${text}`,
      `ddbIngestTest_${own.token}_20200101000000_${text}`,
      `dfs://ddbIngestTest_${own.token}_20200101000000_a${text}`,
    ])
    const { session, scripts } = listener(() => strings(names))
    const { signal } = new AbortController()
    await listObjects(session, signal)
    await removeTestObjects(session, own, 0, signal)
    await forgetRun({ session, timeoutMs }, 'r', token).catch(() => undefined)
    await askIdle({ session, timeoutMs }, texts[0] ?? '').catch(() => undefined)
    const form = /^(dfs:\/\/)?ddbIngest[A-Za-z0-9_%]*$/
    for (const script of scripts) {
      for (const [, text] of treeOf(statementsOf(script)).matchAll(/"((?:[^"\\]|\\.)*)"/g)) {
        assert.ok(form.test(text!) || text === 'TABLE' || text === 'r', script)
      }
    }
  })
})

t.test('scripts about the ledger contain only its name', async t => {
  const ledger = ledgerName(token, 3)
  for (const script of [ledgerScript(ledger), ledgerQuery(ledger, 0, 9), dropTableScript(ledger)]) {
    t.ok(treeOf(statementsOf(script)).includes(`"${ledger}"`))
  }
})
