/*
  Where each command's work is. Apart from the registry, so that loading can begin before the options are read.
*/

import type * as bench from './commands/bench.js'
import type * as demo from './commands/demo.js'
import type * as exec from './commands/exec.js'
import type * as load from './commands/load.js'
import type * as serve from './commands/serve.js'

interface CommandModules {
  load: () => Promise<typeof load>
  exec: () => Promise<typeof exec>
  serve: () => Promise<typeof serve>
  demo: () => Promise<typeof demo>
  bench: () => Promise<typeof bench>
}

export const commandModules: CommandModules = {
  load: () => import('./commands/load.js'),
  exec: () => import('./commands/exec.js'),
  serve: () => import('./commands/serve.js'),
  demo: () => import('./commands/demo.js'),
  bench: () => import('./commands/bench.js'),
}

/** Begins to load a command while its options are still being read; a failure shows when it is needed. */
export function loadAhead(name: string | undefined): void {
  if (name === undefined || !Object.hasOwn(commandModules, name)) return
  commandModules[name as keyof CommandModules]().catch(() => undefined)
}
