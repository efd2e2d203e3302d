/* Files in common encodings and in archives, written by iconv-lite: the test compares the bytes with the stored rows and rejects. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import iconv from 'iconv-lite'
import t, { type Test } from 'tap'
import type { LoadResult } from '../../../src/load/options.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { deepTest } from '../../helpers/runs.js'
import { bombFrame, rawFrame } from '../../source/compression/zstd.js'

const script = 'share table(100:0, `代码`名称`价格, [INT, STRING, DOUBLE]) as 行情'
const target = { table: '行情' }

function addsUp(t: Test, { inputs }: LoadResult): void {
  for (const { contentBytes, path } of inputs) {
    const { read: all, rows: good, rejected: bad, header, other } = contentBytes
    t.ok(good + bad + header + other <= all, path)
  }
}

const header = '名称,代码,价格\r\n'
const good = ['"平安\r\n银行",1,1.5\r\n', '万科|A,2,2.5\r\n', '丂億,3,3.5\r\n']
const bad = ['股票,x,4.5\r\n', '"儃凘",5\r\n']

t.test('a Chinese file with broken rows loads; its repaired rejects load, too', async t => {
  for (const encoding of ['gb18030', 'utf-16le', 'utf-16be'] as const) {
    const { load, rows } = await startLoadServer(t, script)
    const dir = t.testdir()
    const encode = (text: string): Buffer => iconv.encode(text, encoding)
    const half = { gb18030: [0xff], 'utf-16le': [0, 0xd8], 'utf-16be': [0xd8, 0] }[encoding]
    const broken = Buffer.concat([encode('票'), Buffer.from(half), encode(',6,6.5\r\n')])
    const path = join(dir, 'a.csv')
    writeFileSync(
      path,
      Buffer.concat([encode(header), ...good.map(encode), ...bad.map(encode), broken]),
    )
    const file = join(dir, 'r.csv')
    const options = { target, input: { encoding } }
    const result = await load([path], { ...options, rejects: { file } })
    t.match(
      result,
      {
        exitCode: 3,
        rows: { read: 6, confirmed: 3, rejected: 3 },
        rejects: { byCode: { DDB_INPUT_CELL: 1, DDB_INPUT_FIELD_COUNT: 1, DDB_INPUT_ENCODING: 1 } },
        inputs: [
          {
            detected: { encoding: { value: encoding, how: 'given' } },
            rejected: 3,
            firstError: { code: 'DDB_INPUT_CELL', lineNumber: 6 },
          },
        ],
      },
      encoding,
    )
    addsUp(t, result)
    const kept = readFileSync(file)
    t.ok(kept.equals(Buffer.concat([encode(header), ...bad.map(encode), broken])), 'byte for byte')
    const repaired = Buffer.concat([
      encode(header),
      encode('股票,4,4.5\r\n'),
      encode('"儃凘",5,5.5\r\n'),
      encode('票,6,6.5\r\n'),
    ])
    writeFileSync(file, repaired)
    t.match(await load([file], options), { exitCode: 0, rows: { confirmed: 3 } })
    t.strictSame((await rows('行情')).length, 6)
  }
})

deepTest(t, 'a byte order mark is recognized, and the rejects also get one', async t => {
  const { load } = await startLoadServer(t, script)
  const dir = t.testdir()
  const path = join(dir, 'a.csv')
  const text = (lines: string): Buffer => Buffer.from(`\ufeff${lines}`, 'utf16le')
  writeFileSync(path, text(`${header}${good[0]}${bad[0]}`))
  const file = join(dir, 'r.csv')
  t.match(await load([path], { target, rejects: { file } }), {
    rows: { confirmed: 1, rejected: 1 },
    inputs: [{ detected: { encoding: { value: 'utf-16le', how: 'found' } } }],
  })
  t.ok(readFileSync(file).equals(text(`${header}${bad[0]}`)))
  t.match(await load([file], { target, rejects: { onError: 'skip' } }), { rows: { rejected: 1 } })
})

deepTest(t, 'if the sample shows that a file is not UTF-8, none of its rows is loaded', async t => {
  const { load, rows } = await startLoadServer(t, script)
  // The rows before the first invalid bytes would be valid UTF-8, but with wrong characters.
  const garbled = Buffer.concat([
    Buffer.from('1,'),
    Buffer.from('c4a3c4b3', 'hex'),
    Buffer.from(',1.5\n'),
  ])
  const path = join(t.testdir(), 'a.csv')
  writeFileSync(
    path,
    Buffer.concat([
      Buffer.from('代码,名称,价格\n'),
      ...Array<Buffer>(500).fill(garbled),
      iconv.encode('2,平安,2.5\n', 'gbk'),
    ]),
  )
  const result = await load([path], { target, rejects: { onError: 'skip' } })
  t.match(result, {
    exitCode: 65,
    error: { code: 'DDB_INPUT_ENCODING', message: /gb18030.*`input.encoding`/ },
    rows: { read: 0, confirmed: 0 },
    inputs: [{ rows: 0, firstError: { code: 'DDB_INPUT_ENCODING' } }],
  })
  t.equal((await rows('行情')).length, 0)
  // If a later part of the file is not UTF-8, the run ends; rows that it has read but not sent stay unsent.
  const long = Buffer.concat([
    Buffer.from('代码,名称,价格\n'),
    Buffer.from('1,é,1.5\n'.repeat(200_000)),
    Buffer.from('2,\xff,2.5\n', 'latin1'),
  ])
  writeFileSync(path, long)
  const late = await load([path], { target, rejects: { onError: 'skip' } })
  t.match(late, { exitCode: 65, error: { code: 'DDB_INPUT_ENCODING' } })
  t.ok(late.rows.unsent > 0)
  addsUp(t, late)
})

const table = `代码,名称,价格\n${Array.from({ length: 5_000 }, (_, i) => `${i},平安${i},${i}.5\n`).join('')}`

t.test('archives load; an archive that is cut, damaged or extended gives one error', async t => {
  const archives: [name: string, bytes: Buffer][] = [
    ['a.csv.gz', gzipSync(table)],
    ['a.csv.br', brotliCompressSync(table)],
    ['a.csv.zst', rawFrame(Buffer.from(table.slice(0, 40_000)), Buffer.from(table.slice(40_000)))],
  ]
  for (const [name, bytes] of archives) {
    const { load, rows } = await startLoadServer(t, script)
    const path = join(t.testdir(), name)
    writeFileSync(path, bytes)
    t.match(await load([path], { target }), { exitCode: 0, rows: { confirmed: 5_000 } }, name)
    const damaged = [
      bytes.subarray(0, bytes.length - 20),
      Buffer.concat([bytes, Buffer.from('rest')]),
    ]
    for (const content of damaged) {
      writeFileSync(path, content)
      const result = await load([path], { target, rejects: { onError: 'skip' } })
      t.match(
        result,
        { exitCode: 66, error: { code: 'DDB_INPUT_READ', message: new RegExp(name) } },
        name,
      )
      addsUp(t, result)
      t.ok(result.rows.confirmed <= 5_000)
    }
    t.ok((await rows('行情')).length >= 5_000)
  }
})

deepTest(t, 'a decompression bomb is stopped by the limit of a record', async t => {
  const { load } = await startLoadServer(t, script)
  const path = join(t.testdir(), 'bomb.csv.zst')
  // 40 MiB without a line end, compressed to some hundred bytes.
  writeFileSync(
    path,
    Buffer.concat([
      rawFrame(Buffer.from('代码,名称,价格\n1,')),
      bombFrame(0x61, 320),
      rawFrame(Buffer.from('\n2,b,2\n')),
    ]),
  )
  const result = await load([path], { target, rejects: { onError: 'skip' } })
  t.match(result, {
    exitCode: 3,
    rows: { read: 2, confirmed: 1 },
    rejects: { byCode: { DDB_INPUT_RECORD_TOO_LONG: 1 } },
  })
  addsUp(t, result)
})

deepTest(t, 'pipes, devices and sockets', async t => {
  const { load } = await startLoadServer(t, script)
  const dir = t.testdir()
  const fifo = join(dir, 'pipe.csv')
  execFileSync('mkfifo', [fifo])
  const plain = join(dir, 'a.csv')
  writeFileSync(plain, '代码,名称,价格\n1,a,1\n')
  const written = once(spawn('cp', [plain, fifo]), 'close')
  t.match(await load([fifo], { target }), { exitCode: 0, rows: { confirmed: 1 } })
  await written
  t.match(await load(['/dev/null'], { target }), { exitCode: 0, rows: { read: 0 } })
  const zeros = await load(['/dev/zero'], { target })
  t.match(zeros, { exitCode: 65, error: { code: 'DDB_INPUT_FORMAT', message: /full of zeros/ } })
  const socket = join(dir, 'socket')
  const server = createServer().listen(socket)
  await once(server, 'listening')
  const expected = { exitCode: 66, error: { code: 'DDB_INPUT_MISSING', message: /socket/ } }
  t.match(await load([socket], { target }), expected)
  server.close()
})
