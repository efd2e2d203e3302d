/*
  Starts Node's worker threads and passes on their messages and failures.
*/
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { pathToFileURL } from 'node:url'
import type { Thread, ThreadEvents, Threads } from './platform.js'

export const systemThreads: Threads = {
  cores: availableParallelism(),
  start(entry: string, data: unknown, { onMessage, onDeath }: ThreadEvents): Thread {
    const worker = new Worker(pathToFileURL(entry), { workerData: data })
    let isEnding = false
    worker.unref()
    worker.on('message', onMessage)
    worker.on('messageerror', onDeath)
    worker.on('error', (error: unknown) => {
      if (!isEnding) onDeath(error instanceof Error ? error : new Error(String(error)))
    })
    worker.on('exit', code => {
      if (!isEnding) onDeath(new Error(`it exited with code ${code}`))
    })
    return {
      post: (message, handedOver = []) => worker.postMessage(message, handedOver),
      keepAlive(keeps) {
        if (keeps) worker.ref()
        else worker.unref()
      },
      async end() {
        isEnding = true
        await worker.terminate()
      },
    }
  },
}
