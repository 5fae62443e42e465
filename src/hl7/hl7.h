/* hl7: HL7 v2 in ER7: reader, writer, MLLP listener, and the maps to FHIR.
 *
 * The raw message is stored first, always (Binary with the bytes as received, and its row in hl7_message). AA goes out only
 * after the durable commit of everything the message set off. The same sender and MSH-10 again gets the first answer and has no
 * second effect; the same MSH-10 with other bytes gets AE and work for somebody. Facts carry the event's time (EVN-2, else MSH-7):
 * older never overwrites newer. What cannot be mapped gets AE or AR with ERR filled, and waits in a queue a role owns.
 *
 * Threads  a listener has its own; parsing functions: any.
 */
#ifndef HEED_HL7_HL7_H
#define HEED_HL7_HL7_H

#include "hl7/er7.h"
#include "identity/identity.h"
#include "pathway/pathway.h"

/* Maps to a transaction: Patient facts, Encounter, Location, Provenance (map.h says which). Pure. pack, which holds local codes,
 * may be NULL. A message without a map is ERR_METHOD. */
bool hl7_map(struct arena *a, const struct hl7_message *m, const struct pack *pack, struct json **bundle, struct err *e);

struct mllp_config {
	const char *address; /* "127.0.0.1:2575"; port 0 picks one */
	struct store *store;
	struct pathway *pathway;
	const struct pack *pack;
	struct env *env;
	size_t max_message; /* 0: 4 MiB */
};
struct mllp_server;
bool mllp_start(const struct mllp_config *c, struct mllp_server **out, struct err *e);
int mllp_port(const struct mllp_server *s);
void mllp_stop(struct mllp_server *s);

/* One message in, one answer out, all of the above: what a connection does, and the tests. */
struct str hl7_receive(const struct mllp_config *c, struct arena *a, struct str raw);

#endif
