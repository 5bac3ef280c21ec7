/* store_schema.h: the tables of the store, as numbered steps. */
#ifndef CERT_STORE_SCHEMA_H
#define CERT_STORE_SCHEMA_H

/* Marks the file as ours, for file(1) too: "SMIM". */
#define STORE_APPLICATION_ID 0x534d494d

/* The SQL that leads from version - 1 to version; 1 to
 * store_schema_version().  Sets the version in the table state itself. */
const char *store_schema_sqlite(int version);

#endif
