/* hl7: HL7 v2 in ER7: reader, writer, MLLP listener, and the maps to FHIR. er7.h is the text, map.h the maps, mllp.c the wire.
 *
 * The raw message is stored first, always (Binary with the bytes as received, and its row in hl7_message), in the transaction of
 * its effects, or alone when there are none. The answer goes out only after the durable commit of everything the message set off.
 * The same sender, MSH-10 and bytes again get the first answer and have no second effect; the same MSH-10 with other bytes gets
 * AE and work for somebody. Facts carry the event's time (EVN-2, else MSH-7): older never overwrites newer, whatever the order.
 * What cannot be filed gets AE or AR with ERR filled, and a Task integration-error for the role integration-officer.
 *
 * Answers    Original mode (MSH-15 and MSH-16 empty): AA, AE, AR. Enhanced mode: MSH-16 decides whether there is an application
 *            answer; if not, MSH-15 whether there is an accept answer (CA, CE, CR); an ACK is never answered. One answer a message.
 *            AR: not HL7, or a control id, version, processing id or sender we do not take. AE: everything else, a passing
 *            failure of ours among it (207: send it again).
 * Senders    known by MSH-3 and MSH-4: Devices of the pack with an identifier of system .../sid/hl7-sender, value "APP|FACILITY".
 *            Without a pack every sender is known (tests).
 * Threads    a listener has its own; hl7_receive blocks until the commit; parsing functions: any.
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
void mllp_stop(struct mllp_server *s); /* answers what is being worked on, then closes */

/* One message in, one answer out, all of the above: what a connection does, and the tests. STR_NONE: no answer is wanted. */
struct str hl7_receive(const struct mllp_config *c, struct arena *a, struct str raw);

#endif
