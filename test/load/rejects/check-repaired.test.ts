import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { LoadOptions } from '../../../src/load/options.js'
import { checkRepaired } from '../../../src/load/rejects/retry.js'
import { systemFiles } from '../../../src/platform/system-files.js'

const run = { fieldNames: ['a', 'b'] }

t.test('if columns match by position, the file must still begin with its header', async t => {
  const path = join(t.testdir(), 'r.csv')
  const check = (text: string, mapping: LoadOptions['mapping'] = { match: 'position' }) => {
    writeFileSync(path, text)
    const input = { format: 'csv', delimiter: ';' } as const
    return checkRepaired(run, { inputs: [path], mapping: mapping ?? {}, input }, false, systemFiles)
  }
  const lost = { code: 'DDB_INPUT_COLUMN', message: /does not begin with its header \(a, b\)/ }
  await t.resolves(check('a;b\n1;2\n'))
  await t.resolves(check('"a";b\n'))
  await t.resolves(check(''))
  await t.rejects(check('1;2\n3;4\n'), lost)
  await t.rejects(check('a\n'), lost)
  await t.resolves(check('1;2\n', {}), 'by name, no column matches')
})

t.test('a file saved again as UTF-8 needs the encoding option', async t => {
  const path = join(t.testdir(), 'r.csv')
  const check = (bytes: Buffer, encoding: 'gb18030' | 'utf-8', isGiven = false) => {
    writeFileSync(path, bytes)
    return checkRepaired(run, { inputs: [path], input: { encoding } }, isGiven, systemFiles)
  }
  const gbk = Buffer.from([0xb9, 0xc9, 0xc6, 0xb1, 0x0a])
  const other = { code: 'DDB_INPUT_ENCODING', message: /seems to be UTF-8 now, and was gb18030/ }
  await t.resolves(check(gbk, 'gb18030'))
  await t.resolves(check(Buffer.from('a,b\n'), 'gb18030'))
  await t.rejects(check(Buffer.from('股票\n'), 'gb18030'), other)
  await t.resolves(check(Buffer.from('股票\n'), 'gb18030', true))
  await t.resolves(check(Buffer.from('股票\n'), 'utf-8'))
  await t.rejects(check(Buffer.from(`${'股票,'.repeat(200_000)}\n`.repeat(2)), 'gb18030'), other)
  const input = { encoding: 'gb18030' } as const
  const missing = { inputs: [`${path}.no`], input }
  await t.resolves(checkRepaired(run, missing, false, systemFiles))
})
