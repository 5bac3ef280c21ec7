/*
 * inbound.h: judging a message from outside, and learning from it.
 */
#ifndef GATEWAY_INBOUND_H
#define GATEWAY_INBOUND_H

struct job;

/* Verifies the finished body, logs the verdict, queues what there is to
 * learn.  Changes nothing and never holds mail up (B8). */
void inbound_finish(struct job *job);

#endif
