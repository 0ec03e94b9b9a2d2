"""The GraphQL API: schema, resolvers and pages."""
