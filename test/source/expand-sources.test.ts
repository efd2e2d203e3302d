/*
  What the user names as input, as the files it means.
*/
import { join } from 'node:path'
import t from 'tap'
import { expandSources } from '../../src/source/expand-sources.js'

const folder = t.testdir({
  'a.csv': '',
  'b.csv': '',
  'b.txt': '',
  '.hidden.csv': '',
  'odd[1].csv': '',
  'day=1': { 't.csv.gz': '', deep: { 't.csv.gz': '', 'x.json': '' } },
  'day=2': { 't.csv.gz': '' },
  empty: { 'readme.md': '' },
})

const expand = async (...inputs: string[]): Promise<string[]> => {
  const paths = await expandSources(
    inputs.map(input => (input === '-' ? input : join(folder, input))),
  )
  return paths.map(path => path.replace(`${folder}/`, ''))
}

t.test('files stay as they are, in the order given', async t => {
  t.strictSame(await expand('b.csv', 'a.csv', '-'), ['b.csv', 'a.csv', '-'])
})

t.test('patterns give sorted files', async t => {
  t.strictSame(await expand('*.csv'), ['a.csv', 'b.csv', 'odd[1].csv'])
  t.strictSame(await expand('?.csv'), ['a.csv', 'b.csv'])
  t.strictSame(await expand('[!a].csv'), ['b.csv'])
  t.strictSame(await expand('b.*'), ['b.csv', 'b.txt'])
  t.strictSame(await expand('.*.csv'), ['.hidden.csv'])
  t.strictSame(await expand('day=*/t.csv.gz'), ['day=1/t.csv.gz', 'day=2/t.csv.gz'])
  t.strictSame(await expand('**/*.gz'), ['day=1/deep/t.csv.gz', 'day=1/t.csv.gz', 'day=2/t.csv.gz'])
  t.strictSame(await expand('day=1/**'), [
    'day=1/deep/t.csv.gz',
    'day=1/deep/x.json',
    'day=1/t.csv.gz',
  ])
})

t.test('a set that runs backwards matches nothing', async t => {
  await t.rejects(expand('[z-a].csv'), { code: 'DDB_INPUT_MISSING' })
})

t.test('a file whose name looks like a pattern is that file', async t => {
  t.strictSame(await expand('odd[1].csv'), ['odd[1].csv'])
})

t.test('a folder stands for the data files in it and below', async t => {
  t.strictSame(await expand('day=1'), [
    'day=1/deep/t.csv.gz',
    'day=1/deep/x.json',
    'day=1/t.csv.gz',
  ])
})

t.test('what gives no file is an error', async t => {
  for (const input of ['nowhere.csv', 'x*.csv', 'empty', 'a.csv/b', 'nowhere/*.csv']) {
    await t.rejects(expand('a.csv', input), { code: 'DDB_INPUT_MISSING', exitCode: 66 }, input)
  }
})
