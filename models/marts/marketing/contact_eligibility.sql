{{ contact_eligibility_on(as_of()) }}
