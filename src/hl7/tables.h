/* tables: HL7 v2 tables whose FHIR meaning the standards fix (v2-to-FHIR; NHS Data Dictionary where UK senders use its codes).
 * What is local to a place (disposal codes, locations, reasons) is the pack's: ConceptMaps, see map.h.
 */
#ifndef HEED_HL7_TABLES_H
#define HEED_HL7_TABLES_H

#include "base/base.h"

enum hl7_table {
	HL7_SEX,	     /* 0001, and the NHS person gender codes */
	HL7_CLASS,	     /* 0004 to v3 ActCode */
	HL7_NAME_USE,	     /* 0200 */
	HL7_ADDRESS_USE,     /* 0190; "" means: do not keep, it is not where somebody lives */
	HL7_TELECOM_SYSTEM,  /* 0202 */
	HL7_MARITAL,	     /* 0002 to v3 MaritalStatus */
	HL7_RELATIONSHIP,    /* 0063, and the NHS codes, to v3 RoleCode */
	HL7_PARTICIPANT,     /* PV1 field number to v3 ParticipationType */
	HL7_CODING_SYSTEM    /* 0396 to a FHIR system */
};

/* NULL when the code is not in the table. display may be NULL. */
const char *hl7_table_find(enum hl7_table table, struct str code, const char **display);

#endif
