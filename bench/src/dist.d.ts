/** The built engine is what is measured; its types are those of the source. */
declare module '*/packages/micadb/dist/index.js' {
  export * from 'micadb';
}
