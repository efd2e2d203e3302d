/*
  The latencies of a run: at most 4,096 samples. At the limit, every second sample is dropped.
*/

/** Latency: the time from sending a batch to learning its outcome. */
export interface Latencies {
  add(latencyMs: number): void
  /** In milliseconds; null without samples. */
  percentiles(): { p50: number | null; p95: number | null; p99: number | null }
}

const maxSamples = 4_096

export function newLatencies(): Latencies {
  let samples: number[] = []
  let every = 1
  let seen = 0
  return {
    add(latencyMs) {
      if (seen++ % every !== 0) return
      samples.push(latencyMs)
      if (samples.length < maxSamples) return
      samples = samples.filter((_, index) => index % 2 === 0)
      every *= 2
    },
    percentiles() {
      const sorted = samples.toSorted((a, b) => a - b)
      const at = (share: number): number | null => {
        const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
        return value === undefined ? null : Math.round(value * 1000) / 1000
      }
      return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
    },
  }
}
