/*
  What a run has created on the server, written down before it is created, and the scripts that remove it again.
*/

/** What has a throw-away name; a database begins with `dfs://`. */
export interface NamedObject {
  readonly kind: 'table' | 'database' | 'view'
  readonly name: string
}

/** A right of another user, which outlives what it is for. */
export interface Grant {
  readonly kind: 'grant'
  /** What it is for: a view, or `dfs://DB/TABLE`. */
  readonly name: string
  readonly right: 'TABLE_INSERT' | 'VIEW_EXEC'
  /** Fit for a script. */
  readonly user: string
}

/** A shared table, a DFS database, a function view or a right. */
export type MadeObject = NamedObject | Grant

/**
 * Removes what is there and passes over what cannot be removed, rights first: they name what the others are. The server
 * executes it behind everything that was asked on the same session before.
 */
export function removalScript(objects: readonly MadeObject[]): string {
  const rights = objects.filter(({ kind }) => kind === 'grant')
  const others = objects.filter(({ kind }) => kind !== 'grant')
  return [...rights, ...others].map(object => `try { ${removal(object)} } catch(ex) { }`).join('\n')
}

function removal(object: MadeObject): string {
  const { kind, name } = object
  switch (kind) {
    case 'table':
      return `if(defined("${name}", SHARED)) { undef("${name}", SHARED) }`
    case 'database':
      return `if(existsDatabase("${name}")) { dropDatabase("${name}") }`
    case 'view':
      return `dropFunctionView("${name}")`
    case 'grant':
      return `revoke("${object.user}", ${object.right}, "${name}")`
  }
}

/** Each answers a list of names; servers and users differ in which of them they may ask. */
export const listScripts: Readonly<Record<NamedObject['kind'], string>> = {
  table: 'exec name from objs(true) where shared=true, form="TABLE", name like "ddbIngestTest_%"',
  database: 'getClusterDFSDatabases()',
  view: 'exec name from getFunctionViews() where name like "ddbIngestTest_%"',
}
