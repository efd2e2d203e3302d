import fc from 'fast-check'
import t from 'tap'
import * as values from '../../../../src/cli/options/reading/readers.js'

const read = <T>(reader: values.Reader<T>, ...texts: string[]): T | undefined => reader.read(texts)

const factors = {
  '': 1n,
  k: 1000n,
  M: 1000n ** 2n,
  G: 1000n ** 3n,
  Ki: 1024n,
  Mi: 1024n ** 2n,
  Gi: 1024n ** 3n,
}
const units = Object.keys(factors) as (keyof typeof factors)[]

t.test('a size is its number times its unit, with or without a B', async t => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8_000_000 }),
      fc.constantFrom(...units),
      fc.boolean(),
      (number, unit, hasB) => {
        const bytes = BigInt(number) * factors[unit]
        return read(values.size, `${number}${unit}${hasB ? 'B' : ''}`) === Number(bytes)
      },
    ),
  )
  t.equal(read(values.size, '4Mi'), 4_194_304)
})

t.test('a fraction is exact in decimal digits, or refused', async t => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 9999 }),
      fc.integer({ min: 0, max: 999 }),
      fc.constantFrom('k' as const, 'M' as const, 'G' as const),
      (whole, thousandths, unit) => {
        const text = `${whole}.${String(thousandths).padStart(3, '0')}${unit}`
        const exact = (BigInt(whole) * 1000n + BigInt(thousandths)) * (factors[unit] / 1000n)
        return read(values.count(0), text) === Number(exact)
      },
    ),
  )
  t.equal(read(values.count(0), '1.1k'), 1100)
  t.equal(read(values.count(0), '1.5'), undefined)
})

t.test('text that is not a size, count or duration is refused', async t => {
  for (const text of ['', 'k', '-1', '1e3', '5 M', '0x10', '1K', '1mb', '١', '9007199254740993']) {
    t.equal(read(values.size, text), undefined, `size ${text}`)
    t.equal(read(values.count(0), text), undefined, `count ${text}`)
  }
  t.equal(read(values.size, '0'), undefined, 'a size of nothing')
  t.equal(read(values.count(1), '0'), undefined, 'fewer than the least')
  for (const text of ['', '5', 's', '1.2.3s', '-5s', '0s', '0.0001ms', '30d', '600h', '5S']) {
    t.equal(read(values.duration, text), undefined, `duration ${text}`)
  }
})

t.test('a duration is given in milliseconds', async t => {
  t.equal(read(values.duration, '500ms'), 500)
  t.equal(read(values.duration, '5s'), 5000)
  t.equal(read(values.duration, '2m'), 120_000)
  t.equal(read(values.duration, '1.5s'), 1500)
  t.equal(read(values.duration, '1h'), 3_600_000)
})

t.test('a rate is bytes, rows, or one of each', async t => {
  t.strictSame(read(values.rate, '50MB/s'), { bytesPerSecond: 50_000_000 })
  t.strictSame(read(values.rate, '200krows/s'), { rowsPerSecond: 200_000 })
  t.strictSame(read(values.rate, '1MiB/s,5rows/s'), { bytesPerSecond: 1_048_576, rowsPerSecond: 5 })
  for (const text of ['', '50MB', '50/s', 'rows/s', '0rows/s', '1MB/s,2MB/s', '5rows/s,']) {
    t.equal(read(values.rate, text), undefined, text)
  }
})

t.test('hosts are split from their ports, IPv6 addresses included', async t => {
  t.strictSame(read(values.hosts, 'a,b:9000, 10.0.0.1:1'), [
    { host: 'a', port: undefined },
    { host: 'b', port: 9000 },
    { host: '10.0.0.1', port: 1 },
  ])
  t.strictSame(read(values.hosts, '[::1]:8848'), [{ host: '::1', port: 8848 }])
  t.strictSame(read(values.hosts, '::1'), [{ host: '::1', port: undefined }])
  t.strictSame(read(values.hosts, '[fe80::1%eth0]'), [{ host: 'fe80::1%eth0', port: undefined }])
  for (const text of ['', ',', 'a,', 'a:0', 'a:65536', 'a:b', 'a b', 'http://a', '[::1', ':8848']) {
    t.equal(read(values.hosts, text), undefined, text)
  }
})

t.test('pairs are split at the first = and keep everything behind it', async t => {
  const reader = values.pairs('TARGET=SOURCE')
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1 }).filter(name => !name.includes('='))),
      fc.array(fc.string(), { minLength: 20, maxLength: 20 }),
      (names, sources) => {
        const texts = names.map((name, index) => `${name}=${sources[index % sources.length]}`)
        const found = reader.read(texts) ?? {}
        return (
          Object.keys(found).length === names.length &&
          names.every((name, index) => found[name] === sources[index % sources.length])
        )
      },
    ),
  )
  t.strictSame(read(reader, 'a=b=c', 'd='), { a: 'b=c', d: '' })
  t.equal(read(reader, 'a'), undefined, 'no =')
  t.equal(read(reader, '=b'), undefined, 'no target')
  t.equal(read(reader, 'a=b', 'a=c'), undefined, 'a target twice')
})

t.test('characters that shells make hard to type have names', async t => {
  t.equal(read(values.character, '\\t'), '\t')
  t.equal(read(values.character, 'tab'), '\t')
  t.equal(read(values.character, '\\x01'), '\u0001')
  t.equal(read(values.character, ';'), ';')
  t.equal(read(values.character, '；'), '；')
  t.equal(read(values.character, 'ab'), undefined)
  t.equal(read(values.character, ''), undefined)
  t.equal(read(values.characterOrNone, ''), '')
  t.equal(read(values.delimiter, '||'), '||')
  t.equal(read(values.delimiter, '\n'), undefined)
})

t.test('a limit is a count or a share up to 100 %', async t => {
  t.equal(read(values.limit, '0'), 0)
  t.equal(read(values.limit, '2k'), 2000)
  t.equal(read(values.limit, '5%'), '5%')
  t.equal(read(values.limit, '0.5%'), '0.5%')
  t.equal(read(values.limit, '101%'), undefined)
  t.equal(read(values.limit, '%'), undefined)
})

t.test('ports, names of runs, lists, choices and switches', async t => {
  t.equal(read(values.port, '8848'), 8848)
  t.equal(read(values.port, '0'), undefined)
  t.equal(read(values.listeningPort, '0'), 0)
  t.equal(read(values.listeningPort, '65536'), undefined)
  t.equal(read(values.listeningPort, '8848x'), undefined)
  t.equal(read(values.runId, 'nightly-2024.01_02'), 'nightly-2024.01_02')
  for (const text of ['', '.hidden', '../up', 'a/b', 'a'.repeat(65)]) {
    t.equal(read(values.runId, text), undefined, text)
  }
  t.strictSame(read(values.list, 'a, b'), ['a', 'b'])
  t.equal(read(values.list, 'a,,b'), undefined)
  const colours = values.choice('red', 'green', 'blue')
  t.equal(colours.expected, 'red, green or blue')
  t.equal(read(colours, 'green'), 'green')
  t.equal(read(colours, 'Green'), undefined)
  t.equal(read(values.onOff, 'YES'), true)
  t.equal(read(values.onOff, '0'), false)
  t.equal(read(values.onOff, 'maybe'), undefined)
  t.equal(read(values.onOff, 'constructor'), undefined)
  t.equal(read(values.text, 'x', 'y'), 'y', 'the last one counts')
  t.equal(read(values.text, ''), undefined)
  t.equal(read(values.anyText, ''), '')
})

t.test('a record may have up to 512 MiB', async t => {
  t.equal(read(values.recordSize, '16Mi'), 16 * 1024 * 1024)
  t.equal(read(values.recordSize, '512Mi'), 512 * 1024 * 1024)
  t.equal(read(values.recordSize, '513Mi'), undefined)
  t.equal(read(values.recordSize, '0'), undefined)
})

t.test('repeated values are all read, or none', async t => {
  const numbers = values.repeated(values.json)
  t.strictSame(read(numbers, '1', '"a"', 'null'), [1, 'a', null])
  t.equal(read(numbers, '1', '{'), undefined)
})

t.test('a format without a column is that of every column', async t => {
  t.strictSame(values.dateFormats.read(['t=epoch:ms', 'dd/MM/yyyy']), {
    t: 'epoch:ms',
    '*': 'dd/MM/yyyy',
  })
  t.strictSame(values.dateFormats.read(["d=yyyy'='MM"]), { d: "yyyy'='MM" })
  t.equal(values.dateFormats.read(['yyyy', 'MM']), undefined, 'two for all')
  t.equal(values.dateFormats.read(['t=yyyy', 't=MM']), undefined)
})
