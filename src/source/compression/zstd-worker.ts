/*
  The code of the thread that decompresses Zstandard. The code is a text, because the path of a file would differ between sources,
  bundle and tests.
*/

/**
 * The decoder reports no errors. On damaged data it returns nothing, keeps its input and waits for another call. On intact data,
 * each call consumes a whole piece or fills the output. Two calls in a row that return nothing therefore mean damaged data.
 */
export const zstdWorkerCode = `
const { parentPort, receiveMessageOnPort, workerData } = require('node:worker_threads')

let asked = 0
let fed = 0
let emptyAt = -1
let batch
let contentBytes = 0

function answer(isDamaged) {
  const { bytes, content } = batch
  parentPort.postMessage({ bytes, content, contentBytes, isDamaged }, [bytes.buffer, content.buffer])
  contentBytes = 0
}

function nextBatch() {
  Atomics.wait(workerData.given, 0, asked)
  for (;;) {
    const received = receiveMessageOnPort(parentPort)
    if (received === undefined) continue
    asked++
    return received.message
  }
}

function* pieces() {
  for (;;) {
    batch = nextBatch()
    let at = 0
    for (const length of batch.lengths) {
      fed++
      yield batch.bytes.subarray(at, at + length)
      at += length
    }
    answer(false)
  }
}

// With fetch(), the decoder would load its WebAssembly from a data: URL, and Node would load all of HTTP for that.
delete globalThis.fetch
import(workerData.decoder).then(async ({ ZSTDDecoder }) => {
  const decoder = new ZSTDDecoder()
  await decoder.init()
  for (const part of decoder.decodeStreaming(pieces())) {
    if (emptyAt === fed) {
      answer(true)
      return
    }
    if (part.length === 0) emptyAt = fed
    batch.content.set(part, contentBytes)
    contentBytes += part.length
  }
})
`
