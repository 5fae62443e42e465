/* receive: what the files of the way in share. receive.c decides, apply.c writes what a message says, work.c what people must do. */
#ifndef HEED_HL7_RECEIVE_H
#define HEED_HL7_RECEIVE_H

#include "hl7/map.h"

struct receipt {
	const struct mllp_config *config;
	struct arena *arena;
	struct str raw;
	struct hl7_message m;
	struct json *bundle; /* NULL: not mapped */
	struct str sender, control, digest, event;
	struct str device; /* "Device/id" of the pack */
	struct act act;
	int64_t now_us;
	struct err why;	   /* of a refusal */
	const char *code;  /* AA, AE, AR */
	struct str answer;
};

/* Writes what the Bundle says; in the job. binary gets the id of the raw message's. */
bool hl7_apply(struct txn *t, struct receipt *r, struct str *binary, struct err *e);

/* A40: one record replaced by the other, as links; refused when a machine must not decide it. */
bool hl7_merge(struct txn *t, struct str survivor, const struct json *gone, struct err *e);

/* The raw message alone. */
bool hl7_keep_raw(struct txn *t, struct receipt *r, struct str *binary, struct err *e);

/* "A message could not be filed - decide", for the integration officer. */
bool hl7_raise_refused(struct txn *t, const struct receipt *r, struct str binary, struct err *e);
/* "This sender's clock is ahead", once a day. */
bool hl7_note_skew(struct txn *t, const struct receipt *r, int64_t sent_us, struct err *e);

/* When the message says it was sent (MSH-7); false when it does not say. */
bool hl7_sent_us(const struct hl7_message *m, int64_t *us);

/* A query "identifier=system|value", escaped. */
struct str hl7_identifier_query(struct arena *a, const struct json *identifier);

#endif
