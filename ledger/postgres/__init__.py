"""PostgreSQL: connections, transactions, migrations, encryption, and what its errors mean."""
