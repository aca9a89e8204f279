// Package dynamotest gives tests a DynamoDB: DynamoDB Local, started once for the
// test binary, or the endpoint that MANTLET_DYNAMODB_ENDPOINT names. Where there is
// neither, tests are skipped, or fail if CI=true or MANTLET_REQUIRE_LAB=1.
//
// Faults is a proxy that fails on demand in front of it.
package dynamotest
