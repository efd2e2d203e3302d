/*
  Scripts as a server runs them, and as they stand.
*/
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { InputError } from '../../src/errors.js'
import { createScript, type NewTable } from '../../src/infer/create-script.js'
import { scriptText } from '../helpers/hostile-text.js'
import type { InferredSchema } from '../../src/infer/inferred-schema.js'
import { startLoadServer } from '../helpers/load-server.js'
import { runs } from '../helpers/runs.js'
import { treesOf } from '../helpers/syntax.js'
import { inferText } from './inferring.js'

const csv = 'time,sym,price\n2020.01.02T09:30:00,A,1.5\n2020.01.03T09:30:00,A,2.5\n'
const stream: NewTable = { kind: 'shared', name: 'made' }
const dfs: NewTable = { kind: 'dfs', database: 'dfs://d', table: 't' }

t.test('a stream table, a keyed one, a DFS table: an empty server runs each', async t => {
  const { session, rows } = await startLoadServer(t, '')
  const schema = await inferText(csv)
  const types = (table: string): Promise<string[][]> =>
    rows(`select name, typeString from schema(${table}).colDefs`)
  const expected = [
    ['time', 'DATETIME'],
    ['sym', 'SYMBOL'],
    ['price', 'DOUBLE'],
  ]
  await session.run(createScript(schema, { kind: 'shared', name: 'a' }))
  t.strictSame(await types('a'), expected)
  await session.run(createScript(schema, { kind: 'shared', name: 'b' }, ['sym', 'time']))
  t.strictSame(await types('b'), expected)
  await session.run('insert into b values(2020.01.02T09:30:00, "A", 1.0)')
  await session.run('insert into b values(2020.01.02T09:30:00, "A", 2.0)')
  t.strictSame(await rows('select count(*) from b'), [['1']], 'a key comes once')
  await session.run(createScript(schema, dfs))
  t.strictSame(await types('loadTable("dfs://d", "t")'), expected)
  await t.rejects(session.run(createScript(schema, dfs)), /is there already/)
})

t.test('every type and every scheme is one that the server knows', async t => {
  const { session } = await startLoadServer(t, '')
  const texts = [
    'd,m,h,i,l,f,b,u,p,a,x,s\n',
    '1990.01.01,2012.06M,2012.06.13T13,1,3000000000,1.5,true,5d212a78-cc48-e3b1-4235-b4d91473ee87,1.2.3.4,"[1,2]",1.23456789012345678,A\n',
    '2020.01.01,2012.06M,2012.06.13T14,1,3000000000,1.5,true,5d212a78-cc48-e3b1-4235-b4d91473ee87,1.2.3.4,"[1,2]",1.23456789012345678,A\n',
  ]
  const all = await inferText(texts.join(''), { reader: { header: 'yes' } })
  await session.run(createScript(all, { kind: 'shared', name: 'all_types' }))
  await session.run(createScript(all, { kind: 'dfs', database: 'dfs://all', table: 't' }))
  const big = { ...(await inferText(csv)), estimatedRows: 10 ** 10 }
  await session.run(createScript(big, { kind: 'dfs', database: 'dfs://big', table: 't' }))
  const one = await inferText('a\n1\n')
  await session.run(createScript(one, { kind: 'shared', name: 'one' }))
  await session.run(createScript(one, { kind: 'dfs', database: 'dfs://one', table: 't' }))
  const chinese = await inferText('日期,价\n2020.01.02,1\n')
  await session.run(createScript(chinese, { kind: 'dfs', database: 'dfs://cn', table: 't' }))
})

t.test('no table is put in the place of another', async t => {
  const { session, rows } = await startLoadServer(t, 'share table(1 2 3 as a) as taken')
  const script = createScript(await inferText(csv), { kind: 'shared', name: 'taken' })
  await t.rejects(session.run(script), { message: /taken is there already/ })
  t.strictSame(await rows('select count(*) from taken'), [['3']])
})

t.test('reasons and warnings are comments, whatever files and cells are called', async t => {
  const schema = await inferText('a,b\n007\u2028\n"x\n dropDatabase()",1\n', {
    reader: { header: 'yes', ragged: 'pad' },
  })
  const evil = {
    ...schema,
    inputs: [{ ...schema.inputs[0]!, path: 'x\ndropDatabase("dfs://d")\r' }],
  }
  const script = createScript(evil, { kind: 'shared', name: 't' })
  const code = script.split('\n').filter(line => line !== '' && !line.startsWith('//'))
  t.strictSame(code.slice(0, -1), ['if(defined("t", SHARED))', '    throw "t is there already"'])
  t.match(code.at(-1), /^share streamTable\(10000:0, `a`b, \[STRING, INT\]\) as t$/)
})

t.test('what cannot be made is refused', async t => {
  const schema = await inferText('a,b\n1,\n,2\n')
  t.throws(() => createScript(schema, dfs), { code: 'DDB_INPUT_COLUMN' })
  t.throws(() => createScript(schema, { kind: 'shared', name: 't' }, ['c']), { code: 'DDB_USAGE' })
  const whole = await inferText('a\n1\n')
  t.throws(() => createScript(whole, dfs, ['a']), { code: 'DDB_USAGE' })
  const odd = { ...whole, columns: [{ ...whole.columns[0]!, name: 'a`b' }] }
  t.throws(() => createScript(odd, dfs), { code: 'DDB_NAME' })
})

t.test('headers, cells and file names that want to be script are names or comments', async () => {
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
  const reader = { header: 'yes', delimiter: ',', quote: '"' } as const
  const infer = (names: readonly string[], cell: string): Promise<InferredSchema> =>
    inferText(`${names.map(quoted).join(',')}\n1,2020.01.02,7\n2,2020.01.03,${quoted(cell)}\n`, {
      reader,
    })
  const harmless = ['harmless0', 'harmless1', 'harmless2']
  let compared = 0
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(scriptText, scriptText, scriptText),
      scriptText,
      scriptText,
      async (names, cell, path) => {
        let shown: InferredSchema
        try {
          shown = await infer(names, cell)
        } catch (error) {
          // A file with null bytes, say.
          assert.ok(error instanceof InputError, String(error))
          return
        }
        const usual = await infer(harmless, cell)
        for (const kind of [stream, dfs]) {
          const expected = harmless.reduce(
            (tree, name, i) => tree.replaceAll(name, () => shown.columns[i]!.name),
            treesOf(createScript(usual, kind)),
          )
          const inputs = [{ ...shown.inputs[0]!, path }]
          assert.equal(treesOf(createScript({ ...shown, inputs }, kind)), expected)
          compared++
        }
      },
    ),
    { numRuns: runs(100) },
  )
  assert.ok(compared > 20)
})
