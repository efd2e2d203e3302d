/*
  Where each command's work is. Apart from the registry, so that loading can begin before the options are read.
*/

import type * as bench from './bench.js'
import type * as demo from './demo.js'
import type * as exec from './exec.js'
import type * as load from './load.js'
import type * as serve from './serve.js'

interface CommandModules {
  load: () => Promise<typeof load>
  exec: () => Promise<typeof exec>
  serve: () => Promise<typeof serve>
  demo: () => Promise<typeof demo>
  bench: () => Promise<typeof bench>
}

export const commandModules: CommandModules = {
  load: () => import('./load.js'),
  exec: () => import('./exec.js'),
  serve: () => import('./serve.js'),
  demo: () => import('./demo.js'),
  bench: () => import('./bench.js'),
}

/** Begins to load a command while its options are still being read; a failure shows when it is needed. */
export function loadAhead(name: string | undefined): void {
  if (name === undefined || !Object.hasOwn(commandModules, name)) return
  commandModules[name as keyof CommandModules]().catch(() => undefined)
}
