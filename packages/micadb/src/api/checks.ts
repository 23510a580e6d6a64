/** The checks of whole databases. */
import { integrity } from '../btree/btree.ts';
import { checkIntegrity } from '../btree/integrity.ts';
import { addPragmas } from '../codegen/pragma.ts';
import { checkPragmas } from '../codegen/pragma-check.ts';

/** Turns on PRAGMA integrity_check and quick_check, for this realm. */
export function useChecks(): void {
  integrity.check = checkIntegrity;
  addPragmas(checkPragmas);
}
