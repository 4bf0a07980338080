{{ config(dist='customer_id', sort='customer_id') }}

{{ contact_eligibility_on(as_of()) }}
