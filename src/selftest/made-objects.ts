/*
  What a run has created on the server, written down before it is created, and the scripts that remove it again.
*/

/** A shared table, a DFS database or a function view with a throw-away name; a database begins with `dfs://`. */
export interface MadeObject {
  readonly kind: 'table' | 'database' | 'view'
  readonly name: string
}

/**
 * Removes what is there and passes over what cannot be removed. The server executes it behind everything that was
 * asked on the same session before.
 */
export function removalScript(objects: readonly MadeObject[]): string {
  return objects.map(object => `try { ${removal(object)} } catch(ex) { }`).join('\n')
}

function removal({ kind, name }: MadeObject): string {
  switch (kind) {
    case 'table':
      return `if(defined("${name}", SHARED)) { undef("${name}", SHARED) }`
    case 'database':
      return `if(existsDatabase("${name}")) { dropDatabase("${name}") }`
    case 'view':
      return `dropFunctionView("${name}")`
  }
}

/** Each answers a list of names; servers and users differ in which of them they may ask. */
export const listScripts: Readonly<Record<MadeObject['kind'], string>> = {
  table: 'exec name from objs(true) where shared=true, form="TABLE", name like "ddbIngestTest_%"',
  database: 'getClusterDFSDatabases()',
  view: 'exec name from getFunctionViews() where name like "ddbIngestTest_%"',
}
