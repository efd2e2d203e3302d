/* Frames of Zstandard. The zstd tool wrote some of them. The others are composed by hand from the description of the format (RFC 8878),
   because Node 20 has no encoder. */

/** `zstd --no-check` and `zstd --check` of `smallContent` through a pipe. */
export const smallContent = 'id,n\n1,10\n2,20\n'
export const unchecked: Buffer = Buffer.from(
  '28b52ffd005879000069642c6e0a312c31300a322c32300a',
  'hex',
)
export const checked: Buffer = Buffer.from(
  '28b52ffd045879000069642c6e0a312c31300a322c32300a0089ab43',
  'hex',
)

/** `head -c 300000 /dev/zero | zstd`: blocks of one repeated byte. */
export const zeros: Buffer = Buffer.from(
  '28b52ffd04585400001000000100fbff39c00202001000039f04002d28de26',
  'hex',
)

/** `zstd -19 --check` of `tableContent`. */
export const tableContent: string =
  'id,n\n' + Array.from({ length: 400 }, (_, i) => `${i},${(i * i) % 97}\n`).join('')
export const table: Buffer = Buffer.from(
  'KLUv/WRGCXUjADpqTAwQsCVtB1cSyN3d3TuxmYmcDr0AvQC/AFMq0nWKIpWir1EM6YtydTFMQ9F6xKEasd4impWI' +
    'Mh3iXyGeNYimnjhRE+0GIllvSFQbmrSGj9LQ3BlSZWI+njAnjKoJp1rCq5JwrCOMqwipITT3wkctNGkQEvWCZLWg' +
    '3QpOlIKmTvCsEvwbQZk+aFYH6w3Bod5ptTNM65QrnSGd01c5RRonXX/G1OfdcIbqmRE1c65lnkqmo2O+Yr4aZklv' +
    'ymszGkxbj0I1nrRIUeK8Q3KF16D0dM3QwEADQC5XqCOjKtGQUNDJFOjGpoZmRibm4wlzVlSdqoh51RBzrBczrhaT' +
    'GsQ098J81MJUCpOs40qYE40wTX2YZ3WYf0OYMj2r3TeHSjetc8s1bob0N331TZGGm3Q9mzE122aoks2Iji3UsOno' +
    'bb62+Wqw77VgRiuYtlLwSCUawcEk18G8hmBK7+jaMbSOLh2lc7zKkdw4zvsjRX08aTgK9Yy2mjFaRnnJWNIxvirG' +
    'N4yO3niqjXMNxoheMVSteLeKEWfUFuzKWkU1JRX1coU6MioiGpIGnUyBbmxqaGZkYj6eMCcmJSQj0pAzqq9azqsG' +
    'Ocd6ccbVWi7F+ejEaVKhRpxkves4JxriNPV+ntV+/q0pWednvfJzqPHT+p9h6p9yDT9Dej59NZ8iLZ90pem44jNU' +
    'w2dE73Ou9nlq8GvhfLXC6Z1wRiWctkY4hfpwntThpGgIPyuaM0PlTDfOlP7Mq88kN5w575lJUbOiknXMjIqZ8oa9' +
    'ajPfYFdWVVRTMo0KlPfu6ujm5OJ+wasvKA0XdM+CodYqdVyx4LxhQYregie1BbtaVVFNpaJerlBHRkVEQ0JBJ1Og' +
    'G5samhmZmI8nzIlJCcmISMjFDRKM6lUtgletCI6VIhjXqbgRwUcfQZOaGiJI1nvQrj040XrQVHrwrPPgX3lQpmH9' +
    'g/X6waGGB603tWtJyUFfx0GRioN0jekdvGsHQzU4GNELYdQK0QnBVyVEvA/BqEPQ1hDizq7uNyfxO0N9pxvulF7N' +
    'LSMbE2rYaestgMeoISyfiYQiEsooaJI0BiBGYBgq6wEQWH6H1RWrngjSCMJROrYWcw2KICOFRLrcFCi/uEuHp66x' +
    '4YrqOMfxACd3ZLMapNMZy/sYiREsO0FPW5jnMxgTjVIMDxdVccojgqDECMTuA3G61iOepPrPezfjPl6n2DN3EFIq' +
    'ByC1yA/uscMbh6YwaM/jFwXP/GgR5ZKcZICE9gIFyR/uscGpa1y4oirOcTzAyR3ZrAbpdIZl+61ECZx90KYlzPMV' +
    '7ERGIYaFi6o45RFBUGIEYveBOF3X+VO9H9iZYQxQcZ+8psoJJCzyw+8RxrQ72mLrZwLROUmuyP9gwtQzPtypLud3' +
    'vPZfeydZrRrJdJxl9q1ECZx9aKNlzPka7ERGIYaFi6o44RFBoHRsTEZMie2/x03xR0Bkd/xpS71IlQ2AovT7aR05' +
    'o2zgUGLOPxlRZmxi9o0WrJBwI45XAd3zCdw=',
  'base64',
)

const frameStart = Buffer.from('28b52ffd0058', 'hex')

export function rawFrame(...blocks: readonly Uint8Array[]): Buffer {
  const parts = blocks.map((block, i) => [
    blockHeader(i === blocks.length - 1, 0, block.length),
    block,
  ])
  return Buffer.concat([frameStart, ...parts.flat()])
}

/** A frame in which each block is one byte that is repeated for 128 KiB. */
export function bombFrame(byte: number, blocks: number): Buffer {
  const parts = Array.from({ length: blocks }, (_, i) =>
    Buffer.concat([blockHeader(i === blocks - 1, 1, 128 * 1024), Buffer.of(byte)]),
  )
  return Buffer.concat([frameStart, ...parts])
}

/** A frame that decoders must skip. */
export function skippableFrame(content: Uint8Array): Buffer {
  const head = Buffer.from('502a4d1800000000', 'hex')
  head.writeUInt32LE(content.length, 4)
  return Buffer.concat([head, content])
}

function blockHeader(isLast: boolean, type: number, size: number): Buffer {
  const header = Buffer.alloc(3)
  header.writeUIntLE((isLast ? 1 : 0) | (type << 1) | (size << 3), 0, 3)
  return header
}
